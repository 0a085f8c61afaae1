using System.Numerics;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Prunes weights in an order as long as their sum of squares does not exceed that of the weights which a magnitude mask of the planned count would prune.</summary>
/// <remarks>
/// The sum is over the pruned weights by their index, whatever the order in which they were pruned: equal sets have equal sums, and it cannot fall when a weight more is pruned, so that the count
/// is found by halving.
/// </remarks>
internal static class EqualNorm
{
    /// <summary>Counts the weights that stay, no fewer than the plan keeps.</summary>
    /// <param name="least">The least number to keep: what a magnitude mask keeps.</param>
    /// <param name="update">The update; unless it may regrow weights, no more stay than are kept already.</param>
    /// <param name="order">The order in which weights are pruned, the lowest first.</param>
    /// <param name="layer">The layer.</param>
    /// <exception cref="DivergedException">A weight is NaN or infinite.</exception>
    public static long Keep(long least, MaskUpdate update, WeightScores order, LiveLayer layer)
    {
        var among = layer.Allowed ?? BitMask.All(order.Count);
        if (among.Kept <= least)
        {
            return least;
        }

        var magnitude = new WeightScores(order.Name, "holds", layer.Values, null, true, order.Count, layer.Allowed);
        var byMagnitude = Mask(magnitude, least);
        var squares = Squares(layer.Values);
        var budget = SumPruned(squares, byMagnitude, among);
        var (fewest, most) = (least, among.Kept);
        while (fewest < most)
        {
            var keep = fewest + ((most - fewest) / 2);
            (fewest, most) = SumPruned(squares, Mask(order with { Among = layer.Allowed }, keep), among) <= budget ? (fewest, keep) : (keep + 1, most);
        }

        return layer.Mask is { } before && !update.MayRegrow ? Math.Max(least, Math.Min(most, before.Kept)) : most;
    }

    private static BitMask Mask(WeightScores scores, long keep) => ScoreGroup.Rank([new([scores], keep, false)])[scores];

    /// <summary>Computes the squares of values over a power of two, so that none exceeds the range of a double.</summary>
    private static double[] Squares(Tensor values)
    {
        var squares = values.to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        var largest = squares.Max(Math.Abs);
        var exponent = largest > 0 ? Math.ILogB(largest) : 0;
        for (var i = 0; i < squares.Length; i++)
        {
            var value = Math.ScaleB(squares[i], -exponent);
            squares[i] = value * value;
        }

        return squares;
    }

    private static double SumPruned(double[] squares, BitMask mask, BitMask among)
    {
        var kept = mask.Words;
        var all = among.Words;
        var sum = 0.0;
        for (var word = 0; word < all.Length; word++)
        {
            for (var pruned = all[word] & ~kept[word]; pruned != 0; pruned &= pruned - 1)
            {
                sum += squares[(word * 64) + BitOperations.TrailingZeroCount(pruned)];
            }
        }

        return sum;
    }
}
