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
internal sealed partial class NeighbourMarking<TKeys, TKey>(TKeys keys, NeighbourStrides at, int keep, ulong[] words)
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
    public void MarkStretch(long start, long from, long to, ulong[] wrapped)
    {
        var reach = (_of - 1) * at.Stride;
        var (first, end) = ((from + 63) & ~63L, Math.Min(to, keys.Count - reach) & ~63L);
        if (_of is not (2 or 4) || reach >= 128 || end <= first)
        {
            MarkSome(start, from, to, wrapped);
            return;
        }

        MarkSome(start, from, first, wrapped);
        MarkWhole(start, first, end, wrapped);
        MarkSome(start, end, to, wrapped);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MarkSome(long start, long from, long to, ulong[] wrapped)
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
                last[distance] = Before(source, first - 64, distance * stride);
                older[distance] = Before(source, first - 128, distance * stride);
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
            var (c0, c1, c2, c3) = (0UL, 0UL, 0UL, 0UL);
            for (var distance = 1; distance < of; distance++)
            {
                RankDigits.Add((above[distance] & ~before[distance - 1]) | (behind[of - distance] & before[distance - 1]), of, ref c0, ref c1, ref c2, ref c3);
            }

            Set(first, from, to, keep == of ? ulong.MaxValue : RankDigits.Below(keep, of, c0, c1, c2, c3));
        }

        _highest = highest;
    }

    /// <summary>Marks whole words of a stretch of groups of two or four within two words' length, well within the tensor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MarkWhole(long start, long from, long to, ulong[] wrapped)
    {
        var source = keys;
        var (mask, limit, isFour, distances) = (words, keep, _of == 4, _of - 1);
        var (one, period) = ((int)at.Stride, (int)(at.Of * at.Stride));
        var (two, three) = (2 * one, 3 * one);
        var (lowests, highest) = (Vector512.Create(source.Lowest), _highest);
        var (phase, step) = ((int)((from - start) % period), 64 % period);
        var (last1, older1) = (Before(source, from - 64, one), Before(source, from - 128, one));
        var (last2, older2) = isFour ? (Before(source, from - 64, two), Before(source, from - 128, two)) : default;
        var (last3, older3) = isFour ? (Before(source, from - 64, three), Before(source, from - 128, three)) : default;
        var (before1, before2, before3) = (0UL, 0UL, 0UL);
        for (var first = from; first < to; first += 64, phase += phase + step < period ? step : step - period)
        {
            if (first == from || step != 0)
            {
                before1 = wrapped[phase * distances];
                (before2, before3) = isFour ? (wrapped[(phase * 3) + 1], wrapped[(phase * 3) + 2]) : default;
            }

            var (above1, above2, above3) = (0UL, 0UL, 0UL);
            if (isFour && NeighbourBits<TKeys, TKey>.HasSignedDifferences)
            {
                (above1, above2, above3) = NeighbourBits<TKeys, TKey>.AboveThree(source, first, one, ref highest);
            }
            else
            {
                for (var j = 0; j < 64; j += Vector512<TKey>.Count)
                {
                    highest = Vector512.Max(highest, source.Load(first + j) - lowests);
                }

                above1 = NeighbourBits<TKeys, TKey>.Above(source, first, one);
                (above2, above3) = isFour ? (NeighbourBits<TKeys, TKey>.Above(source, first, two), NeighbourBits<TKeys, TKey>.Above(source, first, three)) : default;
            }

            var behind1 = ~Behind(above1, last1, older1, one);
            if (!isFour)
            {
                mask[first >> 6] = RankDigits.Fewer(limit, (above1 & ~before1) | (behind1 & before1), 0, 0);
                (last1, older1) = (above1, last1);
                continue;
            }

            var (behind2, behind3) = (~Behind(above2, last2, older2, two), ~Behind(above3, last3, older3, three));
            mask[first >> 6] = RankDigits.Fewer(
                limit, (above1 & ~before1) | (behind3 & before1), (above2 & ~before2) | (behind2 & before2), (above3 & ~before3) | (behind1 & before3));
            (older1, older2, older3) = (last1, last2, last3);
            (last1, last2, last3) = (above1, above2, above3);
        }

        _highest = highest;
    }

    /// <summary>The comparisons of the word at a weight; none before the tensor.</summary>
    private static ulong Before(in TKeys source, long first, long distance) => first < 0 ? 0 : NeighbourBits<TKeys, TKey>.Above(source, first, distance);

    /// <summary>The bits of the weights at a distance of up to 127 before those of a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Behind(ulong now, ulong last, ulong older, int distance)
    {
        var (one, other, shift) = distance < 64 ? (now, last, distance) : (last, older, distance - 64);
        return (one << shift) | (other >> 1 >> (63 - shift));
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
