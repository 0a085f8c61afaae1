using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Applies a scope's rules to a network's parameters: the last rule that matches wins.</summary>
internal static class ScopeResolution
{
    private const string NeverPruned = "biases, norms, embeddings, scalars and empty tensors are never pruned";

    private static readonly LayerKind[] s_prunedByDefault = [LayerKind.Linear, LayerKind.Convolution, LayerKind.Recurrent];

    /// <summary>Decides every weight tensor of the network for one phase; rules that cannot work are reported.</summary>
    public static ValueList<PlannedLayer> Resolve(Phase phase, ModelShape shape, Action<string, string> report)
    {
        var aliases = shape.Parameters.ToLookup(p => p.SharedWith ?? p.Name);
        var weights = shape.Parameters.Where(p => p.SharedWith is null && !p.IsBias && p.Kind != LayerKind.Norm).ToList();
        var winners = new Dictionary<string, (LayerAction Action, Sparsity? Level, string Text)>();
        Apply(null, LayerAction.Prune, p => s_prunedByDefault.Contains(p.Kind), "default");
        if (Ends(shape, LayerKind.Convolution, LayerEnd.First) is { } first)
        {
            Apply(null, LayerAction.Keep, p => p.Layer == first, "default: first convolution stays dense");
        }

        foreach (var rule in phase.Layers.Rules)
        {
            var matched = Matches(rule.Selector, shape);
            if (!shape.Parameters.Any(matched))
            {
                report("DSD002", $"the rule '{rule}' matches no layer. {Hint(rule.Selector, shape)}");
            }
            else if (!weights.Any(p => aliases[p.Name].Any(matched) && IsPrunable(p)))
            {
                report("DSD003", $"the rule '{rule}' matches only parameters that stay dense anyway: {NeverPruned}. Remove the rule.");
            }
            else
            {
                Apply(rule.Sparsity, rule.Action, matched, rule.ToString());
            }
        }

        return weights.Select(Plan).ToValueList();

        bool IsPrunable(ParameterShape p) => p.Count > 0 && p.Dims.Count > 0 && aliases[p.Name].All(a => a.Kind != LayerKind.Embedding && !a.IsBias);

        void Apply(Sparsity? level, LayerAction action, Func<ParameterShape, bool> matched, string text)
        {
            foreach (var p in weights.Where(p => aliases[p.Name].Any(matched)))
            {
                winners[p.Name] = (action, level, text);
            }
        }

        PlannedLayer Plan(ParameterShape p)
        {
            if (!IsPrunable(p))
            {
                return Dense(p.Count == 0 ? "never: empty" : p.Dims.Count == 0 ? "never: scalar" : "never: embedding");
            }

            if (!winners.TryGetValue(p.Name, out var winner))
            {
                return Dense("default: only linear, convolutional and recurrent layers");
            }

            var curve = winner.Level is { } own ? phase.Sparsity.WithTarget(own) : phase.Sparsity;
            if (winner.Level is { } target && curve.Shape != CurveShape.Constant
                && (phase.Sparsity.From > target) != (phase.Sparsity.From > phase.Sparsity.To) && target != phase.Sparsity.From)
            {
                report("DSD007", $"the ramp {phase.Sparsity} would turn round for {p.Name}, which '{winner.Text}' sends to {target}. Give it a level on the same side of {phase.Sparsity.From}, or a phase of its own.");
            }

            return winner.Action == LayerAction.Keep || curve.IsDense || phase.IsDense
                ? Dense(phase.IsDense ? "dense phase" : winner.Text)
                : new PlannedLayer(p.Name, p.DimsText, p.Count, curve, phase.Mask.Spread == MaskSpread.Global && winner.Level is null, winner.Text);

            PlannedLayer Dense(string why) => new(p.Name, p.DimsText, p.Count, null, false, why);
        }
    }

    private static Func<ParameterShape, bool> Matches(LayerSelector selector, ModelShape shape)
    {
        if (selector.Glob is { } glob)
        {
            return p => Glob.IsMatch(glob, p.Layer) || Glob.IsMatch(glob, p.Name);
        }

        if (selector.End is { } end)
        {
            var layer = Ends(shape, selector.Kind, end);
            return p => layer is not null && p.Layer == layer;
        }

        return p => p.Kind == selector.Kind;
    }

    /// <summary>The name of the first or last layer of a kind that has a weight, or null where there is none.</summary>
    private static string? Ends(ModelShape shape, LayerKind? kind, LayerEnd end)
    {
        var layers = shape.Parameters.Where(p => !p.IsBias && (kind is { } k ? p.Kind == k : s_prunedByDefault.Contains(p.Kind)));
        return (end == LayerEnd.First ? layers.FirstOrDefault() : layers.LastOrDefault())?.Layer;
    }

    private static string Hint(LayerSelector selector, ModelShape shape)
    {
        var layers = shape.Parameters.Where(p => !p.IsBias && p.Kind != LayerKind.Norm).Select(p => p.Layer).Distinct().ToList();
        if (selector.Glob is not { } glob)
        {
            var kinds = shape.Parameters.Where(p => !p.IsBias).Select(p => LayerSelector.Name(p.Kind)).Distinct();
            return $"The network has layers of these kinds: {string.Join(", ", kinds)}.";
        }

        if (layers.Any(l => l.StartsWith(glob + ".", StringComparison.Ordinal)))
        {
            return $"'{glob}' holds further layers: write '{glob}.*' for all of them.";
        }

        return $"The nearest names are {string.Join(", ", NearestNames.Of(glob, layers))}.";
    }
}
