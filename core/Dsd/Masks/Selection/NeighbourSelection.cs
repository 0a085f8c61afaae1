using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dsd.Schedules;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Keeps the highest of every few neighbours along an axis: 64 weights at a time are compared with their neighbours at each distance.</summary>
/// <remarks>
/// A weight is kept if fewer of its group than the number to keep rank above it: higher ones, and equal ones before it. One bit a
/// weight says whether the neighbour at a distance does; the bits of all distances are added up in four words of binary digits.
/// </remarks>
internal static class NeighbourSelection
{
    /// <summary>The largest group whose ranks four binary digits hold.</summary>
    public const int Largest = 16;

    /// <summary>The number of columns that a thread marks at once.</summary>
    public const long ColumnsAPart = 1 << 12;

    private const int WordsAPart = 1 << 10;
    private const long WeightsAPart = (long)WordsAPart << 6;

    /// <summary>Marks the highest of each group.</summary>
    /// <param name="keys">The keys of the weights.</param>
    /// <param name="at">The groups, of at most <see cref="Largest"/>.</param>
    /// <param name="keep">The number kept in each, at least 1.</param>
    /// <param name="words">The mask that is marked.</param>
    /// <returns>False where a key is none of a finite number's.</returns>
    public static bool Choose<TKeys, TKey>(TKeys keys, NeighbourStrides at, int keep, ulong[] words)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var infinite = 0;
        void Check(bool isFinite)
        {
            if (!isFinite)
            {
                Volatile.Write(ref infinite, 1);
            }
        }

        if (at.Stride >= 64)
        {
            // A share is some columns of one band of groups, so that what a weight is compared with stays in the cache.
            var tiles = (at.Stride + ColumnsAPart - 1) / ColumnsAPart;
            var shares = at.Stretches * at.Bands * tiles;
            var sharesAPart = Math.Max(1, WeightsAPart / (at.Of * Math.Min(at.Stride, ColumnsAPart)));
            CpuTeam.Run((int)((shares + sharesAPart - 1) / sharesAPart), part =>
            {
                var marking = new NeighbourMarking<TKeys, TKey>(keys, at, keep, words);
                for (var share = part * sharesAPart; share < Math.Min(shares, (part + 1) * sharesAPart); share++)
                {
                    var (band, tile) = Math.DivRem(share, tiles);
                    marking.MarkColumns(at.First(band * at.Stride), tile * ColumnsAPart, Math.Min(at.Stride, (tile + 1) * ColumnsAPart));
                }

                Check(marking.IsFinite);
            });
            return infinite == 0;
        }

        // Stretches that follow one another are one.
        var isOne = at.Stretches == 1 || at.StretchStride == at.StretchLength;
        var (stretches, length) = isOne ? (1, at.Stretches * at.StretchLength) : (at.Stretches, at.StretchLength);
        var wrapped = NeighbourMarking<TKeys, TKey>.Wrapped(at);
        var areWithinVectors = NeighbourMarking<TKeys, TKey>.AreWithinVectors(at);
        var pieces = (length + WeightsAPart - 1) / WeightsAPart;
        var all = stretches * pieces;
        var piecesAPart = Math.Max(1, WeightsAPart / Math.Max(64, Math.Min(length, WeightsAPart)));
        CpuTeam.Run((int)((all + piecesAPart - 1) / piecesAPart), part =>
        {
            var marking = new NeighbourMarking<TKeys, TKey>(keys, at, keep, words);
            for (var share = part * piecesAPart; share < Math.Min(all, (part + 1) * piecesAPart); share++)
            {
                var (stretch, piece) = Math.DivRem(share, pieces);
                var start = at.Origin + (stretch * at.StretchStride);
                var (from, to) = (start + (piece * WeightsAPart), start + Math.Min(length, (piece + 1) * WeightsAPart));
                if (areWithinVectors)
                {
                    marking.MarkRow(start, from, to, wrapped);
                }
                else
                {
                    marking.MarkStretch(start, from, to, wrapped);
                }
            }

            Check(marking.IsFinite);
        });
        return infinite == 0;
    }
}
