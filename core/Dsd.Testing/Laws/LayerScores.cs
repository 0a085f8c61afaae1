using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The weights of a layer as a choice of masks sees them, and what its criterion makes of them by definition.</summary>
/// <param name="step">The step at which masks were chosen.</param>
/// <param name="methods">The custom methods.</param>
/// <param name="pruned">The values of pruned weights up to the step before.</param>
/// <param name="gradients">The dense gradients of the step before.</param>
/// <param name="deviations">The deviations of the weights of each layer at the first choice of the phase, where they are known.</param>
internal sealed class LayerScores(SeenStep step, MaskMethods methods, PrunedValues pruned, Dictionary<string, float[]> gradients, Dictionary<string, double> deviations)
{
    // Where the deviation of weights decides, their sum is rounded in another order.
    private const double Rounding = 1e-9;

    private MaskCriterion Criterion => step.Phase.Phase.Mask.Criterion;

    private bool IsOfEqualNorm => Criterion is { DecidesCount: true, Masks: null, ThresholdValue: 0 };

    /// <summary>True if pruned weights count with the values that they had, or have behind the mask.</summary>
    private bool Remembers => step.Phase.Phase.StraightThrough is not null
        || (step.Phase is { Phase.Mask.Update.Policy: null, Updates: > 1 } && (step.Phase.Phase.Mask.Update.MayRegrow || step.Phase.Layers.Any(l => l.Sparsity is { } curve && curve.From > curve.To)));

    /// <summary>Returns the weights of a layer; null where lifting masks changed them before the choice, or their values behind the mask are unknown.</summary>
    private float[]? Values(PlannedLayer layer)
    {
        var weights = step.Before.Weights[layer.Parameter];
        var values = step.MasksBefore.GetValueOrDefault(layer.Parameter) is not { } mask || !Remembers ? weights : pruned.Among(layer.Parameter, weights, mask);
        return (step.IsEntry && step.MasksBefore.Count > 0) || values.Any(float.IsNaN) ? null : values;
    }

    /// <summary>Computes the score of each weight; null for a criterion without scores that are known here.</summary>
    public double[]? Of(PlannedLayer layer)
    {
        if (Values(layer) is not { } values)
        {
            return null;
        }

        var slopes = gradients.GetValueOrDefault(layer.Parameter) ?? new float[values.Length];
        return Criterion == MaskCriterion.Magnitude ? [.. values.Select(w => (double)Math.Abs(w))]
            : Criterion == MaskCriterion.Gradient ? [.. slopes.Select(g => (double)Math.Abs(g))]
            : Criterion == MaskCriterion.WeightTimesGradient ? [.. values.Zip(slopes, (w, g) => (double)Math.Abs(w * g))]
            : Criterion.ThresholdValue > 0 ? Multiples(layer, values)
            : Criterion.Name is { } name && methods.Criteria.TryGetValue(name, out var score) ? Custom(layer, score, values, gradients.GetValueOrDefault(layer.Parameter))
            : null;
    }

    /// <summary>Counts the weights that stay by a threshold, but no fewer than the plan keeps; null for another criterion.</summary>
    /// <returns>The least and the most, which differ where a weight is at the threshold up to rounding.</returns>
    public (long Least, long Most)? Count(PlannedLayer layer, BitMask? within)
    {
        if (Criterion.ThresholdValue == 0 || Values(layer) is not { } values || Multiples(layer, values) is not { } all)
        {
            return null;
        }

        // A mask that may not regrow has no more than it kept.
        var among = !step.IsEntry && !step.Phase.Phase.Mask.Update.MayRegrow ? step.MasksBefore[layer.Parameter] : within;
        var multiples = all.Where((_, i) => among?[i] != false).ToList();
        var rounding = Criterion.InDeviations || Criterion.Margin != 0 ? Rounding : 0;
        var least = step.Phase.LeastKeptAt(layer, step.Update);
        return (Math.Max(least, multiples.Count(m => m >= 1 + rounding)), Math.Max(least, multiples.Count(m => m >= 1 - rounding)));
    }

    /// <summary>Sums the squares of the pruned weights, and of those that a magnitude mask would prune, for a random mask of equal norm; null for another criterion or where values are unknown.</summary>
    /// <returns>The sum of the pruned weights, the largest square of a kept one, and the sum of the smallest weights.</returns>
    public (double Pruned, double LargestKept, double Smallest)? Norm(PlannedLayer layer, BitMask? within, BitMask mask)
    {
        if (!IsOfEqualNorm || Values(layer) is not { } values)
        {
            return null;
        }

        var among = Enumerable.Range(0, values.Length).Where(i => within?[i] != false).Select(i => (Square: (double)values[i] * values[i], IsKept: mask[i])).ToList();
        var smallest = among.Select(w => w.Square).Order().Take((int)Math.Max(0, among.Count - step.Phase.LeastKeptAt(layer, step.Update))).Sum();
        return (among.Where(w => !w.IsKept).Sum(w => w.Square), among.Where(w => w.IsKept).Select(w => w.Square).DefaultIfEmpty(0).Max(), smallest);
    }

    /// <summary>Computes the absolute values in multiples of the threshold that holds for each weight; null where it was fixed by values that are unknown.</summary>
    private double[]? Multiples(PlannedLayer layer, float[] values)
    {
        if (Criterion.InDeviations && step.IsEntry)
        {
            deviations[layer.Parameter] = Deviation(values);
        }

        var unit = 1.0;
        if (Criterion.InDeviations && !deviations.TryGetValue(layer.Parameter, out unit))
        {
            return null;
        }

        var (held, threshold) = (step.IsEntry ? null : step.MasksBefore[layer.Parameter], Criterion.ThresholdValue * unit);

        // A layer of equal weights has no deviation, and none of its weights is below it.
        return [.. values.Select((w, i) => threshold == 0 ? double.MaxValue : Math.Abs(w) / (threshold * (held is null ? 1 : held[i] ? 1 - Criterion.Margin : 1 + Criterion.Margin)))];
    }

    private static double Deviation(float[] values)
    {
        var mean = values.Average(v => (double)v);
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }

    private double[] Custom(PlannedLayer layer, Func<MaskContext, Tensor> score, float[] values, float[]? slopes)
    {
        using var scope = NewDisposeScope();
        var dims = layer.Dims.Split('×').Select(long.Parse).ToArray();
        return MaskLaws.Values(score(new MaskContext(layer.Parameter, tensor(values, dims), tensor(slopes ?? new float[values.Length], dims), null, step.Step, 0, step.Phase.Steps)));
    }
}
