using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Dsd.Schedules;

namespace Dsd.Masks;

/// <summary>One thread's share of a choice among neighbours.</summary>
/// <param name="keys">The keys of the weights.</param>
/// <param name="at">The groups.</param>
/// <param name="keep">The number kept in each.</param>
/// <param name="words">The mask that is marked.</param>
internal sealed class NeighbourMarking<TKeys, TKey>(TKeys keys, NeighbourStrides at, int keep, ulong[] words)
    where TKeys : struct, IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    private readonly int _of = (int)at.Of;
    private Vector512<TKey> _highest = Vector512<TKey>.Zero;
    private TKey _highestAlone = TKey.Zero;

    /// <summary>False if a key was none of a finite number's. Counted from the lowest finite key, whatever is not finite lies above the highest.</summary>
    public bool IsFinite
    {
        get
        {
            var top = _highestAlone;
            for (var j = 0; j < Vector512<TKey>.Count; j++)
            {
                top = TKey.Max(top, _highest[j]);
            }

            return top <= keys.Highest - keys.Lowest;
        }
    }

    /// <summary>For each phase of 64 weights in the period of the groups and each distance: the weights whose neighbour at that distance, counted around the group, lies before them.</summary>
    public static ulong[] Wrapped(NeighbourStrides at)
    {
        var (of, period) = ((int)at.Of, (int)(at.Of * at.Stride));
        var wrapped = new ulong[period * (of - 1)];
        for (var phase = 0; phase < period; phase++)
        {
            for (var bit = 0; bit < 64; bit++)
            {
                var place = (phase + bit) % period / at.Stride;
                for (var distance = of - (int)place; distance < of; distance++)
                {
                    wrapped[(phase * (of - 1)) + distance - 1] |= 1UL << bit;
                }
            }
        }

        return wrapped;
    }

    /// <summary>Marks weights of a stretch of groups whose neighbours are close to each other.</summary>
    /// <param name="start">The first weight of the stretch.</param>
    /// <param name="from">The first weight to mark.</param>
    /// <param name="to">The end of those to mark.</param>
    /// <param name="wrapped">What <see cref="Wrapped"/> made.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void MarkStretch(long start, long from, long to, ulong[] wrapped)
    {
        var source = keys;
        var (stride, of, period) = (at.Stride, _of, (int)(at.Of * at.Stride));
        var reach = (of - 1) * stride;
        var (lowests, highest) = (Vector512.Create(source.Lowest), _highest);

        // Where neighbours lie within a word's length, each pair is compared once: what is not above its neighbour behind it is below or equal to that.
        var isShort = reach < 64;
        Span<ulong> above = stackalloc ulong[NeighbourSelection.Largest];
        Span<ulong> behind = stackalloc ulong[NeighbourSelection.Largest];
        Span<ulong> last = stackalloc ulong[NeighbourSelection.Largest];
        var hasLast = false;
        for (var first = from & ~63L; first < to; first += 64)
        {
            if ((!isShort && first - reach < 0) || first + 64 + reach > source.Count)
            {
                MarkAlone(Math.Max(first, from), Math.Min(first + 64, to), start, null);
                hasLast = false;
                continue;
            }

            if (isShort && !hasLast)
            {
                for (var distance = 1; distance < of; distance++)
                {
                    last[distance] = first == 0 ? 0 : Above(source, first - 64, distance * stride);
                }

                hasLast = true;
            }

            var phase = (int)((((first - start) % period) + period) % period) * (of - 1);
            var (c0, c1, c2, c3) = (0UL, 0UL, 0UL, 0UL);
            for (var distance = 1; distance < of; distance++)
            {
                above[distance] = Above(source, first, distance * stride);
                var shift = (int)(distance * stride);
                behind[distance] = isShort
                    ? ~((above[distance] << shift) | (last[distance] >> (64 - shift)))
                    : ~Above(source, first - (distance * stride), distance * stride);
                last[distance] = above[distance];
            }

            for (var distance = 1; distance < of; distance++)
            {
                var before = wrapped[phase + distance - 1];
                RankDigits.Add((above[distance] & ~before) | (behind[of - distance] & before), of, ref c0, ref c1, ref c2, ref c3);
            }

            highest = Vector512.Max(highest, Highest(source, first, lowests));
            Set(first, from, to, keep == of ? ulong.MaxValue : RankDigits.Below(keep, of, c0, c1, c2, c3));
        }

        _highest = highest;
    }

    /// <summary>Marks some columns of a band of groups: weights that follow one another have the same place in their groups.</summary>
    /// <param name="band">The first weight of the band.</param>
    /// <param name="left">The first column.</param>
    /// <param name="right">The end of the columns.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void MarkColumns(long band, long left, long right)
    {
        var source = keys;
        var (stride, of) = (at.Stride, _of);
        var (lowests, highest) = (Vector512.Create(source.Lowest), _highest);
        var length = (int)((right - left + 63) >> 6);
        Span<ulong> lines = stackalloc ulong[NeighbourSelection.Largest * (int)(NeighbourSelection.ColumnsAPart >> 6)];
        Span<ulong> digits = stackalloc ulong[NeighbourSelection.Largest * 4];
        lines[..(of * length)].Clear();
        for (var w = 0; w < length; w++)
        {
            var first = band + left + ((long)w << 6);
            if (first + ((of - 1) * stride) + 64 > source.Count)
            {
                for (var place = 0; place < of; place++)
                {
                    MarkAlone(first + (place * stride), band + right + (place * stride), band, place);
                }

                break;
            }

            // Each pair is compared once: either the later one ranks above, or the earlier one does.
            digits.Clear();
            for (var one = 0; one < of; one++)
            {
                for (var other = one + 1; other < of; other++)
                {
                    var above = Above(source, first + (one * stride), (other - one) * stride);
                    RankDigits.Add(above, of, ref digits[one * 4], ref digits[(one * 4) + 1], ref digits[(one * 4) + 2], ref digits[(one * 4) + 3]);
                    RankDigits.Add(~above, of, ref digits[other * 4], ref digits[(other * 4) + 1], ref digits[(other * 4) + 2], ref digits[(other * 4) + 3]);
                }

                highest = Vector512.Max(highest, Highest(source, first + (one * stride), lowests));
            }

            var columns = right - left - ((long)w << 6);
            var own = columns < 64 ? (1UL << (int)columns) - 1 : ulong.MaxValue;
            for (var place = 0; place < of; place++)
            {
                var rank = digits.Slice(place * 4, 4);
                lines[(place * length) + w] = own & (keep == of ? ulong.MaxValue : RankDigits.Below(keep, of, rank[0], rank[1], rank[2], rank[3]));
            }
        }

        for (var place = 0; place < of; place++)
        {
            BitRows.Or(words, band + left + (place * stride), lines.Slice(place * length, length), right - left);
        }

        _highest = highest;
    }

    /// <summary>One bit for each of 64 weights: whether the weight at a distance ranks above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Above(TKeys source, long first, long distance)
    {
        if (Vector512<TKey>.Count == 16)
        {
            return Lanes(source, first, distance)
                | (Lanes(source, first + 16, distance) << 16)
                | (Lanes(source, first + 32, distance) << 32)
                | (Lanes(source, first + 48, distance) << 48);
        }

        var above = 0UL;
        for (var j = 0; j < 64; j += Vector512<TKey>.Count)
        {
            above |= Lanes(source, first + j, distance) << j;
        }

        return above;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Lanes(TKeys source, long first, long distance) =>
        Vector512.GreaterThan(source.Load(first + distance), source.Load(first)).ExtractMostSignificantBits();

    /// <summary>The highest of 64 keys, lane by lane, counted from the lowest finite one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<TKey> Highest(TKeys source, long first, Vector512<TKey> lowests)
    {
        var highest = source.Load(first) - lowests;
        for (var j = Vector512<TKey>.Count; j < 64; j += Vector512<TKey>.Count)
        {
            highest = Vector512.Max(highest, source.Load(first + j) - lowests);
        }

        return highest;
    }

    /// <summary>Sets the bits of a word that lie between two weights; others may be another thread's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Set(long first, long from, long to, ulong bits)
    {
        if (first >= from && first + 64 <= to)
        {
            words[first >> 6] = bits;
            return;
        }

        bits &= first < from ? ulong.MaxValue << (int)(from - first) : ulong.MaxValue;
        bits &= to - first < 64 ? (1UL << (int)(to - first)) - 1 : ulong.MaxValue;
        Interlocked.Or(ref words[first >> 6], bits);
    }

    /// <summary>Marks weights one by one, where a vector of neighbours would reach beyond the tensor.</summary>
    /// <param name="from">The first of them.</param>
    /// <param name="to">The end of them.</param>
    /// <param name="start">The first weight of their groups.</param>
    /// <param name="samePlace">Their place in their groups, or null where it changes from one to the next.</param>
    private void MarkAlone(long from, long to, long start, long? samePlace)
    {
        for (var i = from; i < to; i++)
        {
            var (own, place, rank) = (keys[i], samePlace ?? ((i - start) / at.Stride % _of), 0);
            _highestAlone = TKey.Max(_highestAlone, own - keys.Lowest);
            for (var other = 0; other < _of; other++)
            {
                var key = keys[i + ((other - place) * at.Stride)];
                rank += key > own || (key == own && other < place) ? 1 : 0;
            }

            if (rank < keep)
            {
                Interlocked.Or(ref words[i >> 6], 1UL << (int)(i & 63));
            }
        }
    }
}
