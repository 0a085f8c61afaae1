using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>Checks the masks of one choice against the rule of its phase, by the weights and gradients from which they were chosen.</summary>
internal sealed class ChoiceWatch(PlannedPhase phase, Findings findings, MaskMethods methods, long step, bool isEntry)
{
    private MaskRule Rule => phase.Phase.Mask;

    /// <summary>Checks the masks.</summary>
    /// <param name="masks">The new masks.</param>
    /// <param name="before">The masks of the same phase before; empty at its first choice.</param>
    /// <param name="weights">The weights before the choice.</param>
    /// <param name="gradients">The dense gradients of the last step.</param>
    /// <param name="wasDense">True if no masks were in place before, so that the weights are what the choice saw.</param>
    public void Check(Dictionary<string, BitMask> masks, Dictionary<string, BitMask> before, Dictionary<string, float[]> weights, Dictionary<string, float[]> gradients, bool wasDense)
    {
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        CheckTotal(masks);
        foreach (var layer in pruned)
        {
            CheckPattern(layer, masks[layer.Parameter]);
            if (!isEntry && before.TryGetValue(layer.Parameter, out var held))
            {
                CheckNext(layer, masks[layer.Parameter], held, weights[layer.Parameter], gradients.GetValueOrDefault(layer.Parameter));
            }
        }

        if (isEntry && wasDense && Rule.Pattern == MaskPattern.Element && Rule.Within is null && Scores(pruned, weights, gradients) is { } scores)
        {
            foreach (var group in pruned.GroupBy(l => l.IsGlobal ? "" : l.Parameter))
            {
                // One weight of each globally ranked layer stays whatever its score.
                var (kept, left) = (Of(true).ToList(), Of(false).DefaultIfEmpty(double.NegativeInfinity).Max());
                var below = kept.Count(s => s < left);
                findings.Check(TrainingLaws.Ranks, below <= (group.Key.Length == 0 ? group.Count() : 0), () => $"the highest by {Rule.Criterion} at step {step}", () => $"{below} kept that score lower than a pruned one, of {string.Join(", ", group.Select(l => l.Parameter))}");
                IEnumerable<double> Of(bool isKept) => group.SelectMany(l => scores[l.Parameter].Where((_, i) => masks[l.Parameter][i] == isKept));
            }
        }
    }

    private void CheckPattern(PlannedLayer layer, BitMask mask)
    {
        var dims = layer.Dims.Split('×').Select(long.Parse).ToArray();
        if (Rule.Pattern.Name is { } name && methods.Patterns.TryGetValue(name, out var own))
        {
            findings.Check(TrainingLaws.PatternOf, mask.Satisfies(own, dims, layer.Sparsity!.At(phase.UpdateAt(step - phase.FirstStep), phase.Updates)), () => $"{Rule.Pattern} in {layer.Parameter} at step {step}", () => MaskLaws.Text(mask));
        }

        if (Rule.Pattern is not { Keep: { } keep, Of: { } of, Axis: { } axis })
        {
            return;
        }

        var stride = dims.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        var counts = Enumerable.Range(0, (int)mask.Count).GroupBy(i => (i / (stride * dims[axis]), i % stride, i / stride % dims[axis] / of)).Select(g => (Kept: g.Count(i => mask[i]), Weights: g.Count()));
        findings.Check(TrainingLaws.PatternOf, counts.All(c => c.Kept == Math.Min(keep, c.Weights)), () => $"{Rule.Pattern} in {layer.Parameter} at step {step}", () => MaskLaws.Text(mask));
    }

    /// <summary>Checks that the layers of a distribution keep together what the sparsity says, within one weight each.</summary>
    private void CheckTotal(Dictionary<string, BitMask> masks)
    {
        var distributed = phase.Layers.Where(l => l.IsDistributed).ToList();
        if (distributed.Count > 0)
        {
            var asked = distributed.Sum(l => l.Weights) * (1 - phase.Phase.Sparsity.At(phase.UpdateAt(step - phase.FirstStep), phase.Updates).Value);
            var kept = distributed.Sum(l => masks.GetValueOrDefault(l.Parameter)?.Kept ?? l.Weights);
            findings.Check(TrainingLaws.Total, Math.Abs(kept - asked) <= distributed.Count, () => FormattableString.Invariant($"{asked:0.##} weights of {Rule.Distribution} kept at step {step}, within {distributed.Count}"), () => $"{kept}");
        }
    }

    private void CheckNext(PlannedLayer layer, BitMask mask, BitMask held, float[] weights, float[]? gradients)
    {
        var (dropped, grown) = (MaskLaws.Kept(held).Where(i => !mask[i]).ToList(), MaskLaws.Kept(mask).Where(i => !held[i]).ToList());
        if (Rule.Update is { Policy: null, MayRegrow: false } && Rule.Criterion.Masks is null)
        {
            findings.Check(TrainingLaws.Nested, dropped.Count == 0 || grown.Count == 0, () => $"a mask of {layer.Parameter} at step {step} within the one before, or around it", () => $"{dropped.Count} dropped and {grown.Count} grown");
        }

        if (Rule.Update.Policy is null || Rule.Update.IsCustom)
        {
            return;
        }

        var most = Math.Clamp((long)Math.Round((decimal)phase.Update.FractionAt(step - phase.FirstStep, phase.Steps) * held.Kept), Math.Max(0, held.Kept - mask.Kept), held.Kept);
        var exchange = new Exchanged(held, mask, [.. weights.Select(w => (double)Math.Abs(w))]);
        exchange.Check(findings, TrainingLaws.Drops, most);
        if (Rule.Update.ToString().StartsWith("RigL", StringComparison.Ordinal))
        {
            exchange.CheckGrown(findings, TrainingLaws.Grows, [.. (gradients ?? new float[weights.Length]).Select(g => (double)Math.Abs(g))], $" in {layer.Parameter} at step {step}");
        }
    }

    /// <summary>Computes the scores of each pruned layer; null for a criterion without scores that are known here.</summary>
    private Dictionary<string, double[]>? Scores(List<PlannedLayer> layers, Dictionary<string, float[]> weights, Dictionary<string, float[]> gradients)
    {
        double[] Slopes(PlannedLayer l) => gradients.TryGetValue(l.Parameter, out var g) ? [.. g.Select(v => (double)v)] : new double[l.Weights];
        return Rule.Criterion == MaskCriterion.Magnitude ? layers.ToDictionary(l => l.Parameter, l => weights[l.Parameter].Select(w => (double)Math.Abs(w)).ToArray())
            : Rule.Criterion == MaskCriterion.Gradient ? layers.ToDictionary(l => l.Parameter, l => Slopes(l).Select(Math.Abs).ToArray())
            : Rule.Criterion == MaskCriterion.WeightTimesGradient ? layers.ToDictionary(l => l.Parameter, l => weights[l.Parameter].Zip(Slopes(l), (w, g) => (double)Math.Abs(w * (float)g)).ToArray())
            : Rule.Criterion.Name is { } name && methods.Criteria.TryGetValue(name, out var score) ? layers.ToDictionary(l => l.Parameter, l => Custom(l, score, weights[l.Parameter], gradients.GetValueOrDefault(l.Parameter)))
            : null;
    }

    private double[] Custom(PlannedLayer layer, Func<MaskContext, Tensor> score, float[] weights, float[]? gradients)
    {
        using var scope = NewDisposeScope();
        var dims = layer.Dims.Split('×').Select(long.Parse).ToArray();
        return MaskLaws.Values(score(new MaskContext(layer.Parameter, tensor(weights, dims), tensor(gradients ?? new float[weights.Length], dims), null, step, 0, phase.Steps)));
    }
}
