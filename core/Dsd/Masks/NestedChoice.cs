using Dsd.Plans;

namespace Dsd.Masks;

/// <summary>Chooses masks within, or around, the current ones: no pruned weight is regrown while the sparsity rises, and no kept weight is pruned while it falls.</summary>
/// <param name="layers">The pruned layers, each with its mask.</param>
/// <param name="scores">The criterion's scores of each layer's weights.</param>
internal sealed class NestedChoice(IReadOnlyDictionary<PlannedLayer, LiveLayer> layers, IReadOnlyDictionary<PlannedLayer, WeightScores> scores)
{
    /// <summary>Makes the masks of one ranking nested.</summary>
    /// <param name="group">The layers of the ranking.</param>
    /// <param name="keep">The number of weights they keep in total.</param>
    /// <param name="masks">Their masks as the criterion alone chooses them; replaced if they are not nested.</param>
    public void Apply(PlannedLayer[] group, long keep, Dictionary<WeightScores, BitMask> masks)
    {
        var before = group.Sum(l => Before(l).Kept);
        if (keep == before)
        {
            Array.ForEach(group, l => masks[scores[l]] = Before(l));
        }
        else if (keep > before)
        {
            // The magnitude that each had when it was pruned: all are 0 by now.
            var back = Among(group, l => (layers[l].Allowed ?? BitMask.All(Before(l).Count)).Except(Before(l)), Remembered, keep - before, atLeastOneEach: false);
            Array.ForEach(group, l => masks[scores[l]] = Before(l).Or(back[l]));
        }
        else if (group.Any(l => masks[scores[l]].CountKeptOnlyHere(Before(l)) > 0))
        {
            var left = Among(group, Before, l => scores[l], keep, atLeastOneEach: group.Length > 1);
            Array.ForEach(group, l => masks[scores[l]] = left[l]);
        }
    }

    /// <summary>Chooses the masks of one ranking among some weights of each layer.</summary>
    public static Dictionary<PlannedLayer, BitMask> Among(PlannedLayer[] group, Func<PlannedLayer, BitMask> candidates, Func<PlannedLayer, WeightScores> values, long keep, bool atLeastOneEach)
    {
        var which = group.ToDictionary(l => l, candidates);
        var some = group.Where(l => which[l].Kept > 0).ToDictionary(l => l, l => values(l) with { Among = which[l] });
        var chosen = ScoreGroup.Rank([new([.. some.Values], keep, atLeastOneEach)]);
        return group.ToDictionary(l => l, l => some.TryGetValue(l, out var ranked) ? chosen[ranked] : which[l]);
    }

    private BitMask Before(PlannedLayer layer) => layers[layer].Mask!;

    private WeightScores Remembered(PlannedLayer layer)
    {
        var live = layers[layer];
        return new(live.Context.Name, "held, when they were pruned,", live.PrunedValues!, null, true, live.Context.Weight.numel());
    }
}
