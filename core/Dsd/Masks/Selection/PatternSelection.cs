using System.Numerics;
using System.Runtime.CompilerServices;
using Dsd.Schedules;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Keeps the highest-ranking units of each group of a pattern; of equal ones the earlier in the group.</summary>
internal static class PatternSelection
{
    private const long WeightsAPart = 1 << 16;

    // Of few keys a stable insertion is the fastest order; of many only the last one to keep is looked for.
    private const int Few = 32;
    private const int Many = 1 << 12;

    /// <summary>Chooses a mask.</summary>
    /// <param name="scores">The scores of the weights.</param>
    /// <param name="keys">The keys of the weights.</param>
    /// <param name="groups">The groups of the pattern.</param>
    /// <param name="rule">The pattern as the schedule refers to it, for messages.</param>
    /// <returns>Null where a score is NaN or infinite.</returns>
    /// <exception cref="DsdException">An index is outside the tensor.</exception>
    public static BitMask? Choose<TKeys, TKey>(WeightScores scores, TKeys keys, PatternGroups groups, MaskPattern? rule)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var words = BitMask.NewWords(keys.Count);
        var isFinite = true;
        var before = 0L;
        foreach (var part in groups.Parts.Where(p => p.Count > 0))
        {
            isFinite &= part.UnitSize > 1 || part.Blocks is not null
                ? UnitSelection.Choose(scores, part, before, words, (group, place, index) => Outside(rule, group, place, index, scores))
                : part.Neighbours is { Of: <= NeighbourSelection.Largest } neighbours
                    ? NeighbourSelection.Choose<TKeys, TKey>(keys, neighbours, (int)part.Keep, words)
                    : Choose<TKeys, TKey>(keys, part, words, (group, place, index) => Outside(rule, group, place, index, scores));
            before += part.Count * part.Size;
        }

        return isFinite ? new BitMask(words, keys.Count) : null;
    }

    /// <summary>Marks the highest-ranking weights of each group of single weights.</summary>
    /// <param name="keys">The keys of the weights.</param>
    /// <param name="groups">The groups, without those joined to them.</param>
    /// <param name="words">The mask that is marked.</param>
    /// <param name="outside">Makes the exception of a group, a place and an index that is outside the tensor.</param>
    /// <returns>False where a key is none of a finite number's.</returns>
    public static bool Choose<TKeys, TKey>(TKeys keys, PatternGroups groups, ulong[] words, Func<long, long, long, DsdException> outside)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var groupsAPart = Math.Max(1, WeightsAPart / groups.Size);
        var parts = (int)((groups.Count + groupsAPart - 1) / groupsAPart);
        var finite = 1;
        CpuTeam.Run(parts, part =>
        {
            if (!ChooseGroups<TKeys, TKey>(keys, groups, part * groupsAPart, Math.Min(groups.Count, (part + 1) * groupsAPart), words, outside))
            {
                Volatile.Write(ref finite, 0);
            }
        });
        return finite == 1;
    }

    private static DsdException Outside(MaskPattern? rule, long group, long place, long index, WeightScores scores) => new(FormattableString.Invariant(
        $"The pattern {rule} puts the index {index} in group {group}, place {place} of {scores.Name}, which has {scores.Count} weights. The same dimensions and sparsity must produce the same groups."));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool ChooseGroups<TKeys, TKey>(TKeys keys, PatternGroups groups, long from, long to, ulong[] words, Func<long, long, long, DsdException> outside)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var (size, keep, finite) = (checked((int)groups.Size), (int)groups.Keep, true);
        var (held, places, spare) = (new TKey[size], new long[size], new TKey[size > Few ? size : 0]);
        for (var group = from; group < to; group++)
        {
            Places(groups, group, keys.Count, places, outside);
            for (var place = 0; place < size; place++)
            {
                var key = keys[places[place]];
                finite &= key >= keys.Lowest && key <= keys.Highest;
                held[place] = key;
            }

            if (size <= Few)
            {
                Insert(held, places);
                Mark(words, places.AsSpan(0, keep));
            }
            else if (keep > 0)
            {
                MarkLarge(held, spare, places, keep, words);
            }
        }

        return finite;
    }

    private static void Places(PatternGroups groups, long group, long count, long[] places, Func<long, long, long, DsdException> outside)
    {
        if (groups.Neighbours is { } strides)
        {
            var first = strides.First(group);
            for (var place = 0; place < places.Length; place++)
            {
                places[place] = first + (place * strides.Stride);
            }

            return;
        }

        for (var place = 0; place < places.Length; place++)
        {
            // Keys are read from memory without bounds, and the index is from a custom function: it was checked when asked before, but need not answer the same.
            var index = groups.Index(group, place);
            places[place] = (ulong)index < (ulong)count ? index : throw outside(group, place, index);
        }
    }

    private static void Mark(ulong[] words, ReadOnlySpan<long> places)
    {
        foreach (var place in places)
        {
            // Groups of two threads may share a word.
            Interlocked.Or(ref words[place >> 6], 1UL << (int)(place & 63));
        }
    }

    /// <summary>Marks the highest keys of a large group, of which only the last one is looked for.</summary>
    private static unsafe void MarkLarge<TKey>(TKey[] keys, TKey[] spare, long[] places, int keep, ulong[] words)
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        TKey last;
        if (keys.Length > Many)
        {
            fixed (TKey* first = keys)
            {
                last = KeyRank.Narrow<KeyRow<TKey>, TKey>([new(first, keys.Length)], TKey.MinValue, TKey.MaxValue, keep, 0).Low;
            }
        }
        else
        {
            keys.CopyTo(spare, 0);
            Array.Sort(spare);
            last = spare[^keep];
        }

        var ties = keep;
        foreach (var key in keys)
        {
            ties -= key > last ? 1 : 0;
        }

        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] > last || (keys[i] == last && ties-- > 0))
            {
                Mark(words, places.AsSpan(i, 1));
            }
        }
    }

    /// <summary>Sorts the few keys of a group downwards, equal ones as they stand.</summary>
    private static void Insert<TKey>(TKey[] keys, long[] places)
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        for (var i = 1; i < keys.Length; i++)
        {
            var (key, place) = (keys[i], places[i]);
            var j = i;
            for (; j > 0 && keys[j - 1] < key; j--)
            {
                (keys[j], places[j]) = (keys[j - 1], places[j - 1]);
            }

            (keys[j], places[j]) = (key, place);
        }
    }
}
