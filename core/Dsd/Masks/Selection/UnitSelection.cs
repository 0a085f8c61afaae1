using System.Numerics;
using Dsd.Schedules;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Keeps the units of several weights that rank highest by the norm of their scores; of equal ones the lower.</summary>
internal static class UnitSelection
{
    private const long WeightsAPart = 1 << 18;

    /// <summary>Marks the weights of the highest-ranking units of each group.</summary>
    /// <param name="scores">The scores of the weights.</param>
    /// <param name="groups">The groups, without those joined to them.</param>
    /// <param name="before">The number of units of the groups before these, which a random order counts too.</param>
    /// <param name="words">The mask that is marked.</param>
    /// <param name="outside">Makes the exception of a group, a place and an index that is outside the tensor.</param>
    /// <returns>False where a score is NaN or infinite.</returns>
    public static bool Choose(WeightScores scores, PatternGroups groups, long before, ulong[] words, Func<long, long, long, DsdException> outside)
    {
        var units = groups.Count * groups.Size;
        BitMask kept;
        if (scores.Random is { } random)
        {
            kept = Units<RandomKeys, uint>(new(random, units, before), groups);
        }
        else
        {
            var sums = new double[units];
            if (!Sums(scores, groups, sums, outside))
            {
                return false;
            }

            unsafe
            {
                fixed (double* first = sums)
                {
                    kept = Units<ScoreKeys<ulong>, ulong>(new((ulong*)first, units, WeightBits.Highest64), groups);
                }
            }
        }

        if (groups.Blocks is { } blocks)
        {
            Mark(kept, blocks, words);
        }
        else
        {
            Mark(kept, groups, scores.Count, words, outside);
        }

        return true;
    }

    /// <summary>Chooses among the units as if each were one weight.</summary>
    private static BitMask Units<TKeys, TKey>(TKeys keys, PatternGroups groups)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        if (groups.Count == 1)
        {
            return TopSelection.Choose<TKeys, TKey>(keys, groups.Keep);
        }

        var words = BitMask.NewWords(keys.Count);
        PatternSelection.Choose<TKeys, TKey>(
            keys, new PatternGroups(new NeighbourStrides(0, 1, keys.Count, groups.Count, groups.Size, 1), groups.Keep), words, (_, _, _) => throw new InvalidOperationException());
        return new(words, keys.Count);
    }

    private static unsafe bool Sums(WeightScores scores, PatternGroups groups, double[] sums, Func<long, long, long, DsdException> outside)
    {
        // Narrower floats are widened first, which loses nothing.
        return scores.Type == ScalarType.Float64
            ? Sums(DoubleValues.Of((double*)scores.Memory(ScalarType.Float64), scores.Count), scores.IsMagnitude, groups, sums, outside)
            : Sums(new FloatValues((float*)scores.Memory(ScalarType.Float32), scores.Count), scores.IsMagnitude, groups, sums, outside);
    }

    private static bool Sums<TValues>(TValues values, bool isMagnitude, PatternGroups groups, double[] sums, Func<long, long, long, DsdException> outside)
        where TValues : struct, IUnitValues => (groups.Norm, isMagnitude) switch
        {
            (UnitNorm.L1, true) => Sums<TValues, AbsoluteTerm>(values, groups, sums, outside),
            (UnitNorm.L1, false) => Sums<TValues, SignedTerm>(values, groups, sums, outside),
            (UnitNorm.L2, true) => Sums<TValues, SquareTerm>(values, groups, sums, outside),
            (UnitNorm.L2, false) => Sums<TValues, SignedSquareTerm>(values, groups, sums, outside),
            (_, true) => Sums<TValues, HighestMagnitudeTerm>(values, groups, sums, outside),
            _ => Sums<TValues, HighestTerm>(values, groups, sums, outside),
        };

    private static bool Sums<TValues, TTerm>(TValues values, PatternGroups groups, double[] sums, Func<long, long, long, DsdException> outside)
        where TValues : struct, IUnitValues
        where TTerm : struct, IUnitTerm => groups.Blocks is { } blocks
            ? UnitNorms.Of<TValues, TTerm>(values, blocks, sums)
            : UnitNorms.Of<TValues, TTerm>(values, groups, sums, outside);

    /// <summary>Marks the weights of kept blocks, row by row.</summary>
    private static void Mark(BitMask kept, BlockStrides at, ulong[] words)
    {
        var rows = at.Down * at.Height;
        var rowsAPart = Math.Max(1, WeightsAPart / at.MatrixColumns);
        CpuTeam.Run((int)((rows + rowsAPart - 1) / rowsAPart), part =>
        {
            var (band, line, units) = (-1L, new ulong[BitMask.WordsFor(at.Across * at.Width)], new ulong[BitMask.WordsFor(at.Across)]);
            for (var row = part * rowsAPart; row < Math.Min(rows, (part + 1) * rowsAPart); row++)
            {
                if (row / at.Height != band)
                {
                    band = row / at.Height;
                    Line(kept, at, band, units, line);
                }

                BitRows.Write(words, ((at.Row + row) * at.MatrixColumns) + at.Column, line, at.Across * at.Width);
            }
        });
    }

    private static void Line(BitMask kept, BlockStrides at, long band, ulong[] units, ulong[] line)
    {
        if (at.Width == 1)
        {
            BitRows.Copy(kept.Words, band * at.Across, line, at.Across);
            return;
        }

        Array.Clear(line);
        BitRows.Copy(kept.Words, band * at.Across, units, at.Across);
        for (var w = 0; w < units.Length; w++)
        {
            for (var rest = units[w]; rest != 0; rest &= rest - 1)
            {
                BitRows.Fill(line, (((long)w << 6) + BitOperations.TrailingZeroCount(rest)) * at.Width, at.Width);
            }
        }
    }

    private static void Mark(BitMask kept, PatternGroups groups, long count, ulong[] words, Func<long, long, long, DsdException> outside)
    {
        for (var unit = 0L; unit < kept.Count; unit++)
        {
            var (group, first) = (unit / groups.Size, unit % groups.Size * groups.UnitSize);
            for (var place = first; kept[unit] && place < first + groups.UnitSize; place++)
            {
                var index = groups.Index(group, place);
                words[(ulong)index < (ulong)count ? index >> 6 : throw outside(group, place, index)] |= 1UL << (int)(index & 63);
            }
        }
    }
}
