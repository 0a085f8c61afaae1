using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Dsd.Schedules;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Sums up the scores of each unit of a pattern, in one pass over the memory.</summary>
/// <remarks>The order of the sums depends on the shape of the units alone, not on the number of threads.</remarks>
internal static class UnitNorms
{
    // The sums of so many columns stay in a core's first cache; so many rows are read at once.
    private const int Columns = 1 << 11;
    private const long Rows = 8;
    private const long WeightsAPart = 1 << 16;

    /// <summary>Computes the sums of blocks of a matrix.</summary>
    /// <param name="values">The scores.</param>
    /// <param name="at">The blocks.</param>
    /// <param name="sums">What is written, one for each block.</param>
    /// <returns>False where a score is NaN or infinite.</returns>
    public static bool Of<TValues, TTerm>(TValues values, BlockStrides at, double[] sums)
        where TValues : struct, IUnitValues
        where TTerm : struct, IUnitTerm
    {
        // A share is as many blocks beside each other as the columns allow, or a single wide one.
        var blocks = Math.Clamp(Columns / at.Width, 1, at.Across);
        var tiles = (at.Across + blocks - 1) / blocks;
        var shares = at.Down * tiles;
        var sharesAPart = Math.Max(1, WeightsAPart / (blocks * at.Width * at.Height));
        var infinite = 0;
        CpuTeam.Run((int)((shares + sharesAPart - 1) / sharesAPart), part =>
        {
            Span<double> room = stackalloc double[(int)Math.Min(Columns, blocks * at.Width)];
            var isFinite = true;
            for (var share = part * sharesAPart; share < Math.Min(shares, (part + 1) * sharesAPart); share++)
            {
                var (down, tile) = Math.DivRem(share, tiles);
                var (left, right) = (tile * blocks, Math.Min(at.Across, (tile + 1) * blocks));
                var own = sums.AsSpan((int)((down * at.Across) + left), (int)(right - left));
                isFinite &= Blocks<TValues, TTerm>(values, at, ((at.Row + (down * at.Height)) * at.MatrixColumns) + at.Column + (left * at.Width), room, own);
            }

            if (!isFinite)
            {
                Volatile.Write(ref infinite, 1);
            }
        });
        return infinite == 0;
    }

    /// <summary>Computes the sums of units that a function describes.</summary>
    /// <param name="values">The scores.</param>
    /// <param name="groups">The groups of the units, without those joined to them.</param>
    /// <param name="sums">What is written, one for each unit, group by group.</param>
    /// <param name="outside">Makes the exception of a group, a place and an index that is outside the tensor.</param>
    /// <returns>False where a score is NaN or infinite.</returns>
    public static bool Of<TValues, TTerm>(TValues values, PatternGroups groups, double[] sums, Func<long, long, long, DsdException> outside)
        where TValues : struct, IUnitValues
        where TTerm : struct, IUnitTerm
    {
        var infinite = 0;
        var unitsAPart = Math.Max(1, WeightsAPart / groups.UnitSize);
        CpuTeam.Run((int)((sums.Length + unitsAPart - 1) / unitsAPart), part =>
        {
            for (var unit = part * unitsAPart; unit < Math.Min(sums.Length, (part + 1) * unitsAPart); unit++)
            {
                var (group, first) = (unit / groups.Size, unit % groups.Size * groups.UnitSize);
                var sum = TTerm.Start;
                for (var place = first; place < first + groups.UnitSize; place++)
                {
                    var index = groups.Index(group, place);
                    if ((ulong)index >= (ulong)values.Count)
                    {
                        throw outside(group, place, index);
                    }

                    sum = TTerm.Add(sum, values[index]);
                    if (!values.AreFinite(index, 1))
                    {
                        Volatile.Write(ref infinite, 1);
                    }
                }

                sums[unit] = sum;
            }
        });
        return infinite == 0;
    }

    private static bool Blocks<TValues, TTerm>(TValues values, BlockStrides at, long first, Span<double> room, Span<double> sums)
        where TValues : struct, IUnitValues
        where TTerm : struct, IUnitTerm
    {
        var isFinite = true;
        sums.Fill(TTerm.Start);
        for (var from = 0L; from < sums.Length * at.Width; from += room.Length)
        {
            var columns = room[..(int)Math.Min(room.Length, (sums.Length * at.Width) - from)];
            columns.Fill(TTerm.Start);
            for (var row = 0L; row < at.Height; row += Rows)
            {
                values.AddTo<TTerm>(columns, first + from + (row * at.MatrixColumns), at.MatrixColumns, (int)Math.Min(Rows, at.Height - row));
            }

            for (var row = 0L; row < at.Height && !TTerm.ShowsInfinite; row++)
            {
                isFinite &= values.AreFinite(first + from + (row * at.MatrixColumns), columns.Length);
            }

            Fold<TTerm>(columns, (int)Math.Min(columns.Length, at.Width), sums);
        }

        foreach (var sum in sums)
        {
            isFinite &= double.IsFinite(sum);
        }

        return isFinite;
    }

    /// <summary>Adds the sums of columns to those of their blocks: of one wide block, or of whole narrow ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fold<TTerm>(ReadOnlySpan<double> columns, int width, Span<double> sums)
        where TTerm : struct, IUnitTerm
    {
        if (width == 1)
        {
            columns.CopyTo(sums);
            return;
        }

        for (var block = 0; block < columns.Length / width; block++)
        {
            var own = columns.Slice(block * width, width);
            var (sum, i) = (sums[block], 0);
            if (width >= 16)
            {
                var eight = Vector512.Create(TTerm.Start);
                for (; i <= width - 8; i += 8)
                {
                    eight = TTerm.Join(eight, Vector512.Create(own.Slice(i, 8)));
                }

                for (var lane = 0; lane < 8; lane++)
                {
                    sum = TTerm.Join(sum, eight[lane]);
                }
            }

            for (; i <= width - 4; i += 4)
            {
                sum = TTerm.Join(sum, TTerm.Join(TTerm.Join(own[i], own[i + 1]), TTerm.Join(own[i + 2], own[i + 3])));
            }

            for (; i < width; i++)
            {
                sum = TTerm.Join(sum, own[i]);
            }

            sums[block] = sum;
        }
    }
}
