using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Keeps the weights whose absolute value is at least a threshold, as many as there are.</summary>
/// <remarks>
/// Source of thresholds in standard deviations: Han et al., "Learning both weights and connections for efficient neural networks", 2015: of all the weights of the layer, chosen before they are
/// pruned. The deviation is computed once in a phase, since that of the weights which are left is larger, and would prune more at each update until none is left. With a margin a weight changes
/// between kept and pruned only beyond it, as in Guo et al., "Dynamic network surgery for efficient DNNs", 2016, whose threshold is fixed at the start too.
/// </remarks>
internal static class Threshold
{
    /// <summary>The name of the standard deviation in the layer's state.</summary>
    public const string Deviation = "deviation";

    /// <summary>Scores weights by their absolute value over the threshold that holds for each: at least 1 where it stays.</summary>
    public static Tensor Scores(MaskCriterion criterion, LiveLayer layer)
    {
        var values = layer.Values.to(ScalarType.Float64);
        var threshold = criterion.ThresholdValue * (criterion.InDeviations ? DeviationOf(layer, values) : 1);

        // A layer of equal weights has no deviation, and none of its weights is below it.
        var scores = threshold > 0 ? values.abs().div(threshold) : full_like(values, 1e300);
        return layer.Mask is not { } mask || criterion.Margin == 0 ? scores
            : where(MaskedMemory.Pruned(mask, values.shape, values.device), scores.div(1 + criterion.Margin), scores.div(1 - criterion.Margin));
    }

    /// <summary>Counts the weights that stay: those of a score of at least 1, but no fewer than the plan keeps.</summary>
    /// <param name="least">The least number to keep.</param>
    /// <param name="update">The update; unless it may regrow weights, no more stay than are kept already.</param>
    /// <param name="scores">The scores.</param>
    /// <param name="layer">The layer.</param>
    public static long Keep(long least, MaskUpdate update, WeightScores scores, LiveLayer layer)
    {
        var among = layer.Mask is { } mask && !update.MayRegrow ? mask : layer.Allowed;
        var stays = scores.Values!.ge(1);
        if (among is not null)
        {
            stays = stays.logical_and(MaskedMemory.Pruned(among, stays.shape, stays.device).logical_not());
        }

        return Math.Max(least, stays.sum().cpu().item<long>());
    }

    /// <summary>The standard deviation of a layer's weights at the first choice of the phase.</summary>
    private static double DeviationOf(LiveLayer layer, Tensor values)
    {
        var state = layer.Context.State;
        if (state[Deviation] is null)
        {
            // Within a phase only a checkpoint of an earlier version lacks it; the values of pruned weights may then be unknown.
            var known = layer is { Mask: { } mask, PrunedValues: null } ? values.masked_select(MaskedMemory.Pruned(mask, values.shape, values.device).logical_not()) : values;
            state[Deviation] = known.std(unbiased: false).cpu();
        }

        return state[Deviation]!.item<double>();
    }
}
