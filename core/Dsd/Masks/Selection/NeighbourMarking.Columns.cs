using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <content>Neighbours that lie far apart: weights that follow one another have the same place in their groups.</content>
internal sealed partial class NeighbourMarking<TKeys, TKey>
{
    // About as many columns as are compared while memory is waited for.
    private const int FetchedAhead = 1 << 9;

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
        var marked = right - left;
        for (var w = 0; w < length; w++)
        {
            var first = band + left + ((long)w << 6);
            if (first + ((of - 1) * stride) + 64 > source.Count)
            {
                for (var place = 0; place < of; place++)
                {
                    MarkAlone(first + (place * stride), band + right + (place * stride), band, place);
                }

                marked = (long)w << 6;
                break;
            }

            Span<ulong> line = lines[w..];
            if (of == 4)
            {
                highest = Vector512.Max(highest, MarkFour(first, line, length));
            }
            else if (of == 8)
            {
                highest = Vector512.Max(highest, MarkEight(first, line, length));
            }
            else
            {
                for (var place = 0; place < of; place++)
                {
                    highest = Vector512.Max(highest, NeighbourBits<TKeys, TKey>.Highest(source, first + (place * stride), lowests));
                }

                MarkAny(first, line, length, digits);
            }

            var columns = right - left - ((long)w << 6);
            for (var place = 0; columns < 64 && place < of; place++)
            {
                line[place * length] &= (1UL << (int)columns) - 1;
            }
        }

        for (var place = 0; marked > 0 && place < of; place++)
        {
            BitRows.Write(words, band + left + (place * stride), lines.Slice(place * length, (int)((marked + 63) >> 6)), marked);
        }

        _highest = highest;
    }

    /// <summary>Marks 64 columns of groups of four, each pair of which is compared once: either the later one ranks above, or the earlier one does.</summary>
    /// <returns>The highest keys, lane by lane, counted from the lowest finite one.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private Vector512<TKey> MarkFour(long first, Span<ulong> line, int length)
    {
        var (source, one, lowests, highest) = (keys, at.Stride, Vector512.Create(keys.Lowest), Vector512<TKey>.Zero);
        var (ab, ac, ad, bc, bd, cd) = (0UL, 0UL, 0UL, 0UL, 0UL, 0UL);
        for (var j = 0; j < 64; j += Vector512<TKey>.Count)
        {
            var from = first + j;
            var (a, b) = (Fetch(source, from, lowests), Fetch(source, from + one, lowests));
            var (c, d) = (Fetch(source, from + (2 * one), lowests), Fetch(source, from + (3 * one), lowests));
            highest = Vector512.Max(Vector512.Max(highest, Vector512.Max(a, b)), Vector512.Max(c, d));
            ab |= Vector512.GreaterThan(b, a).ExtractMostSignificantBits() << j;
            ac |= Vector512.GreaterThan(c, a).ExtractMostSignificantBits() << j;
            ad |= Vector512.GreaterThan(d, a).ExtractMostSignificantBits() << j;
            bc |= Vector512.GreaterThan(c, b).ExtractMostSignificantBits() << j;
            bd |= Vector512.GreaterThan(d, b).ExtractMostSignificantBits() << j;
            cd |= Vector512.GreaterThan(d, c).ExtractMostSignificantBits() << j;
        }

        line[0] = RankDigits.Fewer(keep, ab, ac, ad);
        line[length] = RankDigits.Fewer(keep, ~ab, bc, bd);
        line[2 * length] = RankDigits.Fewer(keep, ~ac, ~bc, cd);
        line[3 * length] = RankDigits.Fewer(keep, ~ad, ~bd, ~cd);
        return highest;
    }

    /// <summary>Marks 64 columns of groups of eight: what is not below the last key to keep, and of keys equal to that the earlier ones.</summary>
    /// <returns>The highest keys, lane by lane, counted from the lowest finite one.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private Vector512<TKey> MarkEight(long first, Span<ulong> line, int length)
    {
        var (source, one, lowests, highest) = (keys, at.Stride, Vector512.Create(keys.Lowest), Vector512<TKey>.Zero);
        Span<Vector512<TKey>> last = stackalloc Vector512<TKey>[8];
        var (b0, b1, b2, b3, b4, b5, b6, b7) = (0UL, 0UL, 0UL, 0UL, 0UL, 0UL, 0UL, 0UL);
        for (var j = 0; j < 64; j += Vector512<TKey>.Count)
        {
            var from = first + j;
            var (k0, k1) = (Fetch(source, from, lowests), Fetch(source, from + one, lowests));
            var (k2, k3) = (Fetch(source, from + (2 * one), lowests), Fetch(source, from + (3 * one), lowests));
            var (k4, k5) = (Fetch(source, from + (4 * one), lowests), Fetch(source, from + (5 * one), lowests));
            var (k6, k7) = (Fetch(source, from + (6 * one), lowests), Fetch(source, from + (7 * one), lowests));
            var lowestKept = EightKeys.OfRank(keep, k0, k1, k2, k3, k4, k5, k6, k7, ref highest);
            last[j / Vector512<TKey>.Count] = lowestKept;
            b0 |= Vector512.GreaterThan(lowestKept, k0).ExtractMostSignificantBits() << j;
            b1 |= Vector512.GreaterThan(lowestKept, k1).ExtractMostSignificantBits() << j;
            b2 |= Vector512.GreaterThan(lowestKept, k2).ExtractMostSignificantBits() << j;
            b3 |= Vector512.GreaterThan(lowestKept, k3).ExtractMostSignificantBits() << j;
            b4 |= Vector512.GreaterThan(lowestKept, k4).ExtractMostSignificantBits() << j;
            b5 |= Vector512.GreaterThan(lowestKept, k5).ExtractMostSignificantBits() << j;
            b6 |= Vector512.GreaterThan(lowestKept, k6).ExtractMostSignificantBits() << j;
            b7 |= Vector512.GreaterThan(lowestKept, k7).ExtractMostSignificantBits() << j;
        }

        (line[0], line[length], line[2 * length], line[3 * length]) = (~b0, ~b1, ~b2, ~b3);
        (line[4 * length], line[5 * length], line[6 * length], line[7 * length]) = (~b4, ~b5, ~b6, ~b7);
        var below = BitOperations.PopCount(b0) + BitOperations.PopCount(b1) + BitOperations.PopCount(b2) + BitOperations.PopCount(b3)
            + BitOperations.PopCount(b4) + BitOperations.PopCount(b5) + BitOperations.PopCount(b6) + BitOperations.PopCount(b7);
        if (below != (8 - keep) * 64)
        {
            KeepEarlier(first, last, line, length);
        }

        return highest;
    }

    /// <summary>Leaves of 64 columns' keys equal to the last key to keep as many as there is room for: the earlier ones.</summary>
    private void KeepEarlier(long first, ReadOnlySpan<Vector512<TKey>> last, Span<ulong> line, int length)
    {
        var lowests = Vector512.Create(keys.Lowest);
        Span<ulong> above = stackalloc ulong[8];
        var (c0, c1, c2, c3) = (0UL, 0UL, 0UL, 0UL);
        for (var place = 0; place < 8; place++)
        {
            above[place] = 0;
            for (var j = 0; j < 64; j += Vector512<TKey>.Count)
            {
                var own = keys.Load(first + (place * at.Stride) + j) - lowests;
                above[place] |= Vector512.GreaterThan(own, last[j / Vector512<TKey>.Count]).ExtractMostSignificantBits() << j;
            }

            RankDigits.Add(above[place], 8, ref c0, ref c1, ref c2, ref c3);
        }

        for (var place = 0; place < 8; place++)
        {
            var equal = line[place * length] & ~above[place] & RankDigits.Below(keep, 8, c0, c1, c2, c3);
            RankDigits.Add(equal, 8, ref c0, ref c1, ref c2, ref c3);
            line[place * length] = above[place] | equal;
        }
    }

    /// <summary>Keys, counted from the lowest finite one; those some way further on are fetched into the cache meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<TKey> Fetch(in TKeys source, long first, Vector512<TKey> lowests)
    {
        source.Prefetch(first + FetchedAhead);
        return source.Load(first) - lowests;
    }

    /// <summary>Marks 64 columns of groups of any size.</summary>
    private void MarkAny(long first, Span<ulong> line, int length, Span<ulong> digits)
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
}
