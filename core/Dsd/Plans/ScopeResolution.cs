using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Applies a scope's rules to a network's parameters: the last rule that matches wins.</summary>
internal static class ScopeResolution
{
    private const string NeverPruned = "biases, norms, embeddings, scalars and empty tensors are never pruned";

    private static readonly LayerKind[] s_prunedByDefault = [LayerKind.Linear, LayerKind.Convolution, LayerKind.Recurrent];

    /// <summary>Decides the treatment of every weight tensor in one phase; reports rules that cannot work.</summary>
    public static ValueList<PlannedLayer> Resolve(Phase phase, ModelShape shape, IPlanMethods? methods, bool isToTrain, bool hasMasksBefore, Action<string, string> report)
    {
        var aliases = shape.Parameters.ToLookup(p => p.SharedWith ?? p.Name);
        var weights = shape.Parameters.Where(p => p.SharedWith is null && !p.IsBias && p.Kind != LayerKind.Norm).ToList();
        var winners = new Dictionary<string, (LayerAction Action, Sparsity? Level, string Text)>();
        var turning = new HashSet<string>();
        Apply(null, LayerAction.Prune, p => s_prunedByDefault.Contains(p.Kind), "default");
        if (Ends(LayerKind.Convolution, LayerEnd.First) is { } first)
        {
            Apply(null, LayerAction.Keep, p => p.Layer == first, "default: first convolution stays dense");
        }

        foreach (var own in phase.Layers.Rules)
        {
            var matched = Matches(own.Selector);
            if (!shape.Parameters.Any(matched))
            {
                report("DSD002", $"the rule '{own}' matches no layer. {Hint(own.Selector, shape)}");
            }
            else if (own.Action != LayerAction.Keep && !weights.Any(p => aliases[p.Name].Any(matched) && Never(p) is null))
            {
                report("DSD003", $"the rule '{own}' matches only parameters that stay dense anyway: {NeverPruned}. Remove the rule.");
            }
            else
            {
                Apply(own.Sparsity, own.Action, matched, own.ToString());
            }
        }

        var rule = new MaskRuleResolution(phase, methods, isToTrain, hasMasksBefore, report);
        rule.Prepare();
        var curves = rule.Curves([.. weights.Where(p => Never(p) is null && winners.TryGetValue(p.Name, out var w) && w.Action != LayerAction.Keep && w.Level is null)]);
        var planned = weights.Select(Plan).ToValueList();
        rule.GivenTogether(planned);
        return planned;

        // The reason why no rule can prune a parameter under any of its names; null if one can.
        string? Never(ParameterShape p) =>
            p.Count == 0 ? "never: empty"
            : p.Dims.Count == 0 ? "never: scalar"
            : aliases[p.SharedWith ?? p.Name].Select(a => a.IsBias ? "bias" : a.Kind is LayerKind.Embedding or LayerKind.Norm ? LayerSelector.Name(a.Kind) : null)
                .FirstOrDefault(kind => kind is not null) is { } kind ? $"never: {kind}"
            : null;

        // The first or last layer of a kind that has a weight to prune, or null if there is none.
        string? Ends(LayerKind? kind, LayerEnd end)
        {
            var layers = shape.Parameters.Where(p => (kind is { } k ? p.Kind == k : s_prunedByDefault.Contains(p.Kind)) && Never(p) is null);
            return (end == LayerEnd.First ? layers.FirstOrDefault() : layers.LastOrDefault())?.Layer;
        }

        Func<ParameterShape, bool> Matches(LayerSelector selector)
        {
            if (selector.Glob is { } glob)
            {
                return p => Glob.IsMatch(glob, p.Layer) || Glob.IsMatch(glob, p.Name);
            }

            if (selector.End is { } end)
            {
                var layer = Ends(selector.Kind, end);
                return p => layer is not null && p.Layer == layer;
            }

            return p => p.Kind == selector.Kind;
        }

        void Apply(Sparsity? level, LayerAction action, Func<ParameterShape, bool> matched, string text)
        {
            foreach (var p in weights.Where(p => aliases[p.Name].Any(matched)))
            {
                winners[p.Name] = (action, level, text);
            }
        }

        PlannedLayer Plan(ParameterShape p)
        {
            if (Never(p) is { } reason)
            {
                return Dense(reason);
            }

            if (!winners.TryGetValue(p.Name, out var winner))
            {
                return Dense("default: only linear, convolutional and recurrent layers");
            }

            var curve = winner.Level is { } level ? phase.Sparsity.WithTarget(level) : curves.GetValueOrDefault(p.Name, phase.Sparsity);
            if (winner.Level is { } target && curve.Shape != CurveShape.Constant
                && (phase.Sparsity.From > target) != (phase.Sparsity.From > phase.Sparsity.To) && target != phase.Sparsity.From
                && turning.Add(winner.Text))
            {
                report("DSD007", $"the ramp {phase.Sparsity} would turn round for {p.Name}, which '{winner.Text}' sends to {target}. Give it a level on the same side of {phase.Sparsity.From}, or a phase of its own.");
            }

            return winner.Action == LayerAction.Keep || curve.IsDense || phase.IsDense
                ? Dense(phase.IsDense ? "dense phase" : winner.Text, curves.ContainsKey(p.Name) && !phase.IsDense)
                : rule.Given(new PlannedLayer(p.Name, p.DimsText, p.Count, curve, phase.Mask.Distribution == SparsityDistribution.Global && winner.Level is null, winner.Text, curves.ContainsKey(p.Name) && phase.Mask.Distribution.HasLevels) { Pattern = rule.Pattern(p, curve) });

            PlannedLayer Dense(string why, bool isDistributed = false) =>
                new(p.Name, p.DimsText, p.Count, null, false, why, IsDistributed: isDistributed && phase.Mask.Distribution.HasLevels);
        }
    }

    private static string Hint(LayerSelector selector, ModelShape shape)
    {
        var weights = shape.Parameters.Where(p => !p.IsBias && p.Kind != LayerKind.Norm).ToList();
        var layers = weights.Select(p => p.Layer).Distinct().ToList();
        if (layers.Count == 0)
        {
            return "The network has no weights.";
        }

        if (selector.Glob is not { } glob)
        {
            return $"The network has layers of these kinds: {string.Join(", ", weights.Select(p => LayerSelector.Name(p.Kind)).Distinct())}.";
        }

        if (layers.Any(l => l.StartsWith(glob + ".", StringComparison.Ordinal)))
        {
            return $"'{glob}' holds further layers: write '{glob}.*' for all of them.";
        }

        return NearestNames.Sentence(glob, layers.Concat(weights.Select(p => p.Name)));
    }
}
