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

        // Where neighbours lie within two words' length, each pair is compared once: what is not above its neighbour behind it is below or equal to that.
        var isShort = reach < 128;
        Span<ulong> above = stackalloc ulong[NeighbourSelection.Largest];
        Span<ulong> behind = stackalloc ulong[NeighbourSelection.Largest];
        Span<ulong> last = stackalloc ulong[NeighbourSelection.Largest];
        Span<ulong> older = stackalloc ulong[NeighbourSelection.Largest];
        var hasLast = false;
        var (phase, step) = ((int)(((((from & ~63L) - start) % period) + period) % period), 64 % period);
        for (var first = from & ~63L; first < to; first += 64, phase += phase + step < period ? step : step - period)
        {
            if ((!isShort && first - reach < 0) || first + 64 + reach > source.Count)
            {
                MarkAlone(Math.Max(first, from), Math.Min(first + 64, to), start, null);
                hasLast = false;
                continue;
            }

            for (var distance = 1; isShort && !hasLast && distance < of; distance++)
            {
                last[distance] = first < 64 ? 0 : NeighbourBits<TKeys, TKey>.Above(source, first - 64, distance * stride);
                older[distance] = first < 128 ? 0 : NeighbourBits<TKeys, TKey>.Above(source, first - 128, distance * stride);
            }

            hasLast = true;
            for (var distance = 1; distance < of; distance++)
            {
                var away = distance * stride;
                var now = above[distance] = NeighbourBits<TKeys, TKey>.Above(source, first, away);
                behind[distance] = ~(isShort ? Behind(now, last[distance], older[distance], (int)away) : NeighbourBits<TKeys, TKey>.Above(source, first - away, away));
                (older[distance], last[distance]) = (last[distance], now);
            }

            highest = Vector512.Max(highest, NeighbourBits<TKeys, TKey>.Highest(source, first, lowests));
            var before = wrapped.AsSpan(phase * (of - 1), of - 1);
            if (of == 4)
            {
                Set(first, from, to, RankDigits.Fewer(
                    keep,
                    (above[1] & ~before[0]) | (behind[3] & before[0]),
                    (above[2] & ~before[1]) | (behind[2] & before[1]),
                    (above[3] & ~before[2]) | (behind[1] & before[2])));
                continue;
            }

            var (c0, c1, c2, c3) = (0UL, 0UL, 0UL, 0UL);
            for (var distance = 1; distance < of; distance++)
            {
                RankDigits.Add((above[distance] & ~before[distance - 1]) | (behind[of - distance] & before[distance - 1]), of, ref c0, ref c1, ref c2, ref c3);
            }

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

            for (var place = 0; place < of; place++)
            {
                highest = Vector512.Max(highest, NeighbourBits<TKeys, TKey>.Highest(source, first + (place * stride), lowests));
            }

            Span<ulong> line = lines[w..];
            if (of == 4)
            {
                MarkFour(first, line, length);
            }
            else
            {
                MarkSome(first, line, length, digits);
            }

            var columns = right - left - ((long)w << 6);
            for (var place = 0; columns < 64 && place < of; place++)
            {
                line[place * length] &= (1UL << (int)columns) - 1;
            }
        }

        for (var place = 0; place < of; place++)
        {
            BitRows.Or(words, band + left + (place * stride), lines.Slice(place * length, length), right - left);
        }

        _highest = highest;
    }

    /// <summary>The bits of the weights at a distance of up to 127 before those of a word.</summary>
    private static ulong Behind(ulong now, ulong last, ulong older, int distance)
    {
        var (one, other, shift) = distance < 64 ? (now, last, distance) : (last, older, distance - 64);
        return (one << shift) | (other >> 1 >> (63 - shift));
    }

    /// <summary>Marks 64 columns of groups of four, each pair of which is compared once: either the later one ranks above, or the earlier one does.</summary>
    private void MarkFour(long first, Span<ulong> line, int length)
    {
        var (one, two, three) = (at.Stride, 2 * at.Stride, 3 * at.Stride);
        var ab = NeighbourBits<TKeys, TKey>.Above(keys, first, one);
        var ac = NeighbourBits<TKeys, TKey>.Above(keys, first, two);
        var ad = NeighbourBits<TKeys, TKey>.Above(keys, first, three);
        var bc = NeighbourBits<TKeys, TKey>.Above(keys, first + one, one);
        var bd = NeighbourBits<TKeys, TKey>.Above(keys, first + one, two);
        var cd = NeighbourBits<TKeys, TKey>.Above(keys, first + two, one);
        line[0] = RankDigits.Fewer(keep, ab, ac, ad);
        line[length] = RankDigits.Fewer(keep, ~ab, bc, bd);
        line[2 * length] = RankDigits.Fewer(keep, ~ac, ~bc, cd);
        line[3 * length] = RankDigits.Fewer(keep, ~ad, ~bd, ~cd);
    }

    /// <summary>Marks 64 columns of groups of any size.</summary>
    private void MarkSome(long first, Span<ulong> line, int length, Span<ulong> digits)
    {
        digits.Clear();
        for (var one = 0; one < _of; one++)
        {
            for (var other = one + 1; other < _of; other++)
            {
                var above = NeighbourBits<TKeys, TKey>.Above(keys, first + (one * at.Stride), (other - one) * at.Stride);
                RankDigits.Add(above, _of, ref digits[one * 4], ref digits[(one * 4) + 1], ref digits[(one * 4) + 2], ref digits[(one * 4) + 3]);
                RankDigits.Add(~above, _of, ref digits[other * 4], ref digits[(other * 4) + 1], ref digits[(other * 4) + 2], ref digits[(other * 4) + 3]);
            }
        }

        for (var place = 0; place < _of; place++)
        {
            var rank = digits.Slice(place * 4, 4);
            line[place * length] = keep == _of ? ulong.MaxValue : RankDigits.Below(keep, _of, rank[0], rank[1], rank[2], rank[3]);
        }
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
