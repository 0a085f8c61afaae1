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
    /// <returns>Null where a key is none of a finite number's.</returns>
    /// <exception cref="DsdException">The groups overlap, or reach beyond the tensor.</exception>
    public static BitMask? Choose<TKeys, TKey>(TKeys keys, PatternGroups groups, string name)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var words = BitMask.NewWords(keys.Count);
        var parts = (int)((groups.Count + GroupsAPart - 1) / GroupsAPart);
        var finite = 1;
        CpuTeam.Run(parts, part =>
        {
            if (!ChooseGroups<TKeys, TKey>(keys, groups, (long)part * GroupsAPart, Math.Min(groups.Count, (part + 1L) * GroupsAPart), words))
            {
                Volatile.Write(ref finite, 0);
            }
        });
        if (finite == 0)
        {
            return null;
        }

        var mask = new BitMask(words, keys.Count);
        return mask.Kept == groups.Kept ? mask : throw Wrong(name, groups);
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

    private static DsdException Wrong(string name, PatternGroups groups) => new(FormattableString.Invariant(
        $"The pattern of {name} divides it into {groups.Count} groups of {groups.Size} weights that do not hold every weight once. PatternGroups.Index must give each index of the tensor to one group and place."));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool ChooseGroups<TKeys, TKey>(TKeys keys, PatternGroups groups, long from, long to, ulong[] words)
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
                if ((ulong)index >= (ulong)keys.Count)
                {
                    throw Wrong($"a layer of {keys.Count} weights", groups);
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
