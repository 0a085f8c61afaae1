using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Applies a scope's rules to a network's parameters: the last rule that matches wins.</summary>
internal static class ScopeResolution
{
    private const string NeverPruned = "biases, norms, embeddings, scalars and empty tensors are never pruned";

    /// <summary>Decides the treatment of every weight tensor in one phase; reports rules that cannot work.</summary>
    public static ValueList<PlannedLayer> Resolve(Phase phase, ModelShape shape, IPlanMethods? methods, bool isToTrain, bool hasMasksBefore, Action<string, string> report)
    {
        var matches = new LayerMatches(shape);
        var weights = shape.Parameters.Where(p => p.SharedWith is null && !p.IsBias && p.Kind != LayerKind.Norm).ToList();
        var winners = new Dictionary<string, (LayerAction Action, Sparsity? Level, string Text)>();
        var turning = new HashSet<string>();
        Apply(null, LayerAction.Prune, p => LayerMatches.IsPrunedByDefault(p.Kind), "default");
        if (matches.At(LayerEnd.First, LayerKind.Convolution) is { } first)
        {
            Apply(null, LayerAction.Keep, p => p.Layer == first, "default: first convolution stays dense");
        }

        foreach (var own in phase.Layers.Rules)
        {
            var matched = matches.Of(own.Selector);
            if (!shape.Parameters.Any(matched))
            {
                report("DSD002", $"the rule '{own}' matches no layer. {matches.Hint(own.Selector)}");
            }
            else if (own.Action != LayerAction.Keep && !weights.Any(p => matches.Aliases[p.Name].Any(matched) && matches.Never(p) is null))
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
        var curves = rule.Curves([.. weights.Where(p => matches.Never(p) is null && winners.TryGetValue(p.Name, out var w) && w.Action != LayerAction.Keep && w.Level is null)]);
        var planned = weights.Select(Plan).ToValueList();
        rule.GivenTogether(planned);
        return planned;

        void Apply(Sparsity? level, LayerAction action, Func<ParameterShape, bool> matched, string text)
        {
            foreach (var p in weights.Where(p => matches.Aliases[p.Name].Any(matched)))
            {
                winners[p.Name] = (action, level, text);
            }
        }

        PlannedLayer Plan(ParameterShape p)
        {
            if (matches.Never(p) is { } reason)
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
}
