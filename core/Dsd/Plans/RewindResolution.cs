using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Resolves the return of a phase to earlier weights against a network; reports what it cannot do.</summary>
internal static class RewindResolution
{
    /// <summary>Returns a phase with the layers that return on its entry.</summary>
    /// <param name="planned">The phase.</param>
    /// <param name="before">The phases before it.</param>
    /// <param name="shape">The network.</param>
    /// <param name="report">Called with the code and text of each issue.</param>
    public static PlannedPhase Resolve(PlannedPhase planned, IEnumerable<Phase> before, ModelShape shape, Action<string, string> report)
    {
        if (planned.Phase.Rewind is not { } rewind)
        {
            return planned;
        }

        var rewound = rewind.Layers.Count == 0 ? null : Layers(rewind, new LayerMatches(shape), shape, report);
        if (rewind.IsRedrawn && planned.IsDense)
        {
            report("DSD013", "the weights of its pruned layers are to be redrawn, but it prunes none. Give it a sparsity, or rewind to the start.");
        }
        else if (rewind.IsRedrawn && rewound is { Count: > 0 } && !shape.Parameters.Any(p => rewound.Contains(p.Layer) && planned.Layers.Any(l => l.IsPruned && l.Parameter == (p.SharedWith ?? p.Name))))
        {
            report("DSD013", $"the weights of pruned layers are to be redrawn in {string.Join(", ", rewind.Layers)} only, of which it prunes none. Select a layer that it prunes, or rewind to the start.");
        }

        if (rewind.Phase is { } name && before.All(p => p.Name != name))
        {
            var names = before.Select(p => p.Name).ToList();
            report(PlanIssue.UnknownSnapshot, names.Count == 0
                ? $"it is {rewind}, but no phase precedes it. Rewind to the start, or leave that out."
                : $"it is {rewind}, but no earlier phase has that name. {NearestNames.Sentence(name, names)}");
        }

        return planned with { RewoundLayers = rewound };
    }

    private static ValueList<string> Layers(Rewind rewind, LayerMatches matches, ModelShape shape, Action<string, string> report)
    {
        var rewound = new HashSet<string>();
        foreach (var selector in rewind.Layers)
        {
            var matched = shape.Parameters.Where(matches.Of(selector)).Select(p => p.Layer).ToList();
            if (matched.Count == 0)
            {
                report("DSD002", $"the return of '{selector}' to earlier weights matches no layer. {matches.Hint(selector)}");
            }

            rewound.UnionWith(matched);
        }

        return shape.Parameters.Select(p => p.Layer).Distinct().Where(rewound.Contains).ToValueList();
    }
}
