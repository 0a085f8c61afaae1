using System.Numerics;
using System.Runtime.CompilerServices;
using Dsd.Schedules;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Keeps the highest-ranking weights of each group of a pattern; of equal ones the earlier in the group.</summary>
internal static class PatternSelection
{
    private const int GroupsAPart = 1 << 14;

    /// <summary>Chooses a mask.</summary>
    /// <param name="keys">The keys of the weights.</param>
    /// <param name="groups">The groups of the pattern.</param>
    /// <param name="rule">The pattern as the schedule refers to it, for messages.</param>
    /// <param name="layer">The parameter's full name, for messages.</param>
    /// <returns>Null where a key is none of a finite number's.</returns>
    /// <exception cref="DsdException">An index is outside the tensor.</exception>
    public static BitMask? Choose<TKeys, TKey>(TKeys keys, PatternGroups groups, MaskPattern? rule, string layer)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var words = BitMask.NewWords(keys.Count);
        var parts = (int)((groups.Count + GroupsAPart - 1) / GroupsAPart);
        var finite = 1;
        CpuTeam.Run(parts, part =>
        {
            if (!ChooseGroups<TKeys, TKey>(keys, groups, (long)part * GroupsAPart, Math.Min(groups.Count, (part + 1L) * GroupsAPart), words, Told))
            {
                Volatile.Write(ref finite, 0);
            }
        });
        return finite == 0 ? null : new BitMask(words, keys.Count);

        DsdException Told(long group, int place, long index) => new(FormattableString.Invariant(
            $"The pattern {rule} puts the index {index} in group {group}, place {place} of {layer}, which has {keys.Count} weights. The same dimensions and sparsity must produce the same groups."));
    }

    /// <summary>True if a mask keeps of each group as many as the pattern says.</summary>
    public static bool Obeys(BitMask mask, PatternGroups groups)
    {
        for (var group = 0L; group < groups.Count; group++)
        {
            var kept = 0;
            for (var place = 0; place < groups.Size; place++)
            {
                kept += mask[groups.Index(group, place)] ? 1 : 0;
            }

            if (kept != groups.Keep)
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool ChooseGroups<TKeys, TKey>(TKeys keys, PatternGroups groups, long from, long to, ulong[] words, Func<long, int, long, DsdException> outside)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var (size, keep, finite) = (groups.Size, groups.Keep, true);
        var (held, places) = (new TKey[size], new long[size]);
        for (var group = from; group < to; group++)
        {
            for (var place = 0; place < size; place++)
            {
                var index = groups.Index(group, place);

                // Keys are read from memory without bounds, and the index is from a custom function: it was checked when asked before, but need not answer the same.
                if ((ulong)index >= (ulong)keys.Count)
                {
                    throw outside(group, place, index);
                }

                var key = keys[index];
                finite &= key >= keys.Lowest && key <= keys.Highest;
                (held[place], places[place]) = (key, index);
            }

            if (size <= 32)
            {
                Insert(held, places);
            }
            else
            {
                // A stable order of few large groups: by key downwards, then by place.
                var order = Enumerable.Range(0, size).OrderByDescending(i => held[i]).ToArray();
                places = Array.ConvertAll(order, i => places[i]);
            }

            for (var i = 0; i < keep; i++)
            {
                // Groups of two threads may share a word.
                Interlocked.Or(ref words[places[i] >> 6], 1UL << (int)(places[i] & 63));
            }
        }

        return finite;
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
