using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <content>Neighbours that lie far apart: weights that follow one another have the same place in their groups.</content>
internal sealed partial class NeighbourMarking<TKeys, TKey>
{
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
                MarkAny(first, line, length, digits);
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

    /// <summary>Marks 64 columns of groups of four, each pair of which is compared once: either the later one ranks above, or the earlier one does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
