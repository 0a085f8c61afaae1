using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <summary>A stretch of one tensor's weights that fits a core's cache: one thread's share of a selection.</summary>
/// <param name="keys">The keys of the tensor.</param>
/// <param name="words">The mask of the tensor; the block writes the words of its weights and no other.</param>
/// <param name="start">The index of the first weight, a multiple of 64.</param>
/// <param name="length">How many weights there are.</param>
internal sealed class SelectionBlock<TKeys, TKey>(TKeys keys, ulong[] words, long start, int length)
    where TKeys : struct, IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    /// <summary>The number of weights of a block that is not its tensor's last.</summary>
    public const int Size = 1 << 15;

    private GatheredKeys<TKey>? _gathered;
    private long _from;
    private int _gatheredCount;
    private int _first = -1;

    /// <summary>The number of weights that rank at or above the bracket's upper end.</summary>
    public int AtLeastHigh { get; private set; }

    /// <summary>The number of weights that rank above the bracket's lower end.</summary>
    public int AboveLow { get; private set; }

    /// <summary>The highest key.</summary>
    public TKey Highest { get; private set; }

    /// <summary>True if no weight is NaN or infinite.</summary>
    public bool IsFinite { get; private set; }

    /// <summary>The keys between the bracket's ends, in the order of the weights, once they are gathered.</summary>
    public KeyRow<TKey> Inside => _gathered!.Row(_from, _gatheredCount);

    /// <summary>The number of weights that rank equal to the last one are kept.</summary>
    public int Ties { get; set; }

    /// <summary>The number of weights that are kept, once they are marked.</summary>
    public long Kept { get; private set; }

    /// <summary>All the keys.</summary>
    public KeySlice<TKeys, TKey> Keys => new(keys, start, length);

    private Span<TKey> InsideKeys => _gathered!.Keys(_from, _gatheredCount);

    private Span<ushort> InsideOffsets => _gathered!.Offsets(_from, _gatheredCount);

    private Span<ulong> Words => words.AsSpan((int)(start >> 6), (length + 63) >> 6);

    /// <summary>Marks the weights that rank at or above the upper end of a bracket, and gathers those between its ends.</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end, at least the lower one.</param>
    /// <param name="gathered">Where they are gathered.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Split(TKey low, TKey high, GatheredKeys<TKey> gathered)
    {
        Span<ulong> between = stackalloc ulong[Size >> 6];
        var mask = Words;
        var source = keys;
        var lowest = source.Lowest;
        var highest = Vector512<TKey>.Zero;
        var (lows, highs, lowests) = (Vector512.Create(low), Vector512.Create(high), Vector512.Create(lowest));
        var (atLeastHigh, aboveLow) = (0, 0);
        var whole = length >> 6;
        for (var w = 0; w < whole; w++)
        {
            var (a, b) = (0UL, 0UL);
            for (var j = 0; j < 64; j += Vector512<TKey>.Count)
            {
                var lanes = source.Load(start + ((long)w << 6) + j);
                highest = Vector512.Max(highest, lanes - lowests);
                a |= Vector512.GreaterThanOrEqual(lanes, highs).ExtractMostSignificantBits() << j;
                b |= Vector512.GreaterThan(lanes, lows).ExtractMostSignificantBits() << j;
            }

            mask[w] = a;
            between[w] = b & ~a;
            atLeastHigh += BitOperations.PopCount(a);
            aboveLow += BitOperations.PopCount(b);
        }

        // Counted from the lowest finite key, whatever is not finite lies above the highest.
        var top = TKey.Zero;
        for (var j = 0; j < Vector512<TKey>.Count; j++)
        {
            top = TKey.Max(top, highest[j]);
        }

        if (whole < mask.Length)
        {
            (mask[whole], between[whole]) = (0, 0);
            for (var i = whole << 6; i < length; i++)
            {
                var key = source[start + i];
                top = TKey.Max(top, key - lowest);
                mask[whole] |= key >= high ? 1UL << i : 0;
                between[whole] |= key > low && key < high ? 1UL << i : 0;
                atLeastHigh += key >= high ? 1 : 0;
                aboveLow += key > low ? 1 : 0;
            }
        }

        (AtLeastHigh, AboveLow, Highest, IsFinite) = (atLeastHigh, aboveLow, top + lowest, top <= source.Highest - lowest);
        _first = -1;
        Gather(between[..mask.Length], gathered, Math.Max(0, aboveLow - atLeastHigh));
    }

    /// <summary>Raises the first of the highest weights above all others, whatever its key.</summary>
    /// <param name="low">The lower end of the bracket by which the block was split.</param>
    /// <param name="high">The upper end.</param>
    public void KeepFirst(TKey low, TKey high)
    {
        _first = 0;
        while (keys[start + _first] != Highest)
        {
            _first++;
        }

        AtLeastHigh += Highest < high ? 1 : 0;
        AboveLow += Highest <= low ? 1 : 0;
        if (Highest > low && Highest < high && _gatheredCount > 0)
        {
            InsideKeys[InsideOffsets.IndexOf((ushort)_first)] = TKey.MaxValue;
        }
    }

    /// <summary>The number of weights, except one that is always kept, whose key lies between the bracket's ends.</summary>
    public int CountInside(TKey key) => InsideKeys.Count(key);

    /// <summary>Marks the gathered weights that rank above a key, and <see cref="Ties"/> of equal rank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void MarkInside(TKey threshold)
    {
        var mask = Words;
        var ties = Ties;
        var inside = InsideKeys;
        var offsets = InsideOffsets;
        for (var i = 0; i < offsets.Length; i++)
        {
            var isKept = inside[i] > threshold;
            if (inside[i] == threshold)
            {
                isKept = ties-- > 0;
            }

            mask[offsets[i] >> 6] |= (isKept ? 1UL : 0UL) << offsets[i];
        }

        MarkFirst();
    }

    /// <summary>Marks all weights that rank above a key, and <see cref="Ties"/> of equal rank.</summary>
    /// <param name="threshold">The key; both ends of the bracket by which the block was split.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Mark(TKey threshold)
    {
        var mask = Words;
        var source = keys;
        var ties = Ties;
        var thresholds = Vector512.Create(threshold);
        var isMarked = ties == AtLeastHigh - AboveLow;
        for (var w = 0; w < mask.Length && !isMarked; w++)
        {
            var (above, equal) = (0UL, 0UL);
            var from = start + ((long)w << 6);
            if (((w + 1) << 6) <= length)
            {
                for (var j = 0; j < 64; j += Vector512<TKey>.Count)
                {
                    var lanes = source.Load(from + j);
                    above |= Vector512.GreaterThan(lanes, thresholds).ExtractMostSignificantBits() << j;
                    equal |= Vector512.Equals(lanes, thresholds).ExtractMostSignificantBits() << j;
                }
            }
            else
            {
                for (var j = 0; j < (length & 63); j++)
                {
                    above |= keys[from + j] > threshold ? 1UL << j : 0;
                    equal |= keys[from + j] == threshold ? 1UL << j : 0;
                }
            }

            equal &= _first >> 6 == w ? ~(1UL << _first) : ulong.MaxValue;
            equal = Lowest(equal, ties);
            ties -= BitOperations.PopCount(equal);
            mask[w] = above | equal;
        }

        MarkFirst();
    }

    /// <summary>Marks no weight but the one that is kept in any case.</summary>
    public void MarkFirstOnly()
    {
        Words.Clear();
        MarkFirst();
    }

    private static ulong Lowest(ulong bits, int count)
    {
        var left = count > 0 ? bits : 0;
        for (var surplus = BitOperations.PopCount(left) - count; surplus > 0; surplus--)
        {
            left ^= 1UL << (63 - BitOperations.LeadingZeroCount(left));
        }

        return left;
    }

    private void MarkFirst()
    {
        if (_first >= 0)
        {
            Words[_first >> 6] |= 1UL << _first;
        }

        Kept = BitMask.CountOf(Words);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gather(ReadOnlySpan<ulong> between, GatheredKeys<TKey> gathered, int count)
    {
        (_gathered, _from, _gatheredCount) = (gathered, 0, 0);
        var from = count == 0 ? -1L : gathered.Take(count);
        if (from < 0)
        {
            return;
        }

        (_from, _gatheredCount) = (from, count);
        var inside = InsideKeys;
        var offsets = InsideOffsets;
        BitPlaces.Write(between, offsets);
        for (var i = 0; i < inside.Length; i++)
        {
            inside[i] = keys[start + offsets[i]];
        }
    }
}
