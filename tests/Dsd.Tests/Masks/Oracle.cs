using Dsd.Masks;

namespace Dsd.Tests.Masks;

/// <summary>Selection by the plainest means.</summary>
internal static class Oracle
{
    /// <summary>What is to be kept, by a stable sort of all weights.</summary>
    public static BitMask[] Sorted(double[][] tensors, int keep, bool atLeastOneEach)
    {
        var order = tensors.SelectMany((values, t) => values.Select((v, i) => (Size: Math.Abs(v), Tensor: t, Index: i))).OrderByDescending(w => w.Size).ToList();
        var firsts = atLeastOneEach ? order.DistinctBy(w => w.Tensor).ToList() : [];
        var isFirst = firsts.Select(w => (w.Tensor, w.Index)).ToHashSet();
        var kept = firsts.Concat(order.Where(w => !isFirst.Contains((w.Tensor, w.Index))).Take(Math.Max(0, keep - firsts.Count))).ToLookup(w => w.Tensor, w => w.Index);
        return [.. tensors.Select((values, t) => Mark(values.Length, kept[t]))];
    }

    /// <summary>The mask that keeps the weights of given indices.</summary>
    public static BitMask Mark(int count, IEnumerable<int> kept)
    {
        var words = BitMask.NewWords(count);
        foreach (var i in kept)
        {
            words[i >> 6] |= 1UL << i;
        }

        return new(words, count);
    }
}
