using System.Numerics;

namespace Dsd.Statistics;

/// <summary>Fisher's randomisation test of paired differences, by flipping their signs.</summary>
internal static class SignFlipTest
{
    /// <summary>The largest number of differences for which all 2ⁿ signs are enumerated.</summary>
    public const int MostExact = 20;

    /// <summary>The number of random sign vectors drawn otherwise.</summary>
    public const int Draws = 100_000;

    // Sums closer than this part of the sum of sizes are equal: a difference of accuracies, 0.9312 − 0.9311, has lost four digits.
    private const double Tolerance = 1e-9;

    /// <summary>Computes the exact two-sided p-value, from all signs.</summary>
    public static double Exact(IReadOnlyList<double> differences)
    {
        // The sign of the first can stay, since two sides are counted. Each sum is one of the first half and one of the second, so
        // that it takes one addition and no rounding builds up on the way.
        var half = (differences.Count + 1) / 2;
        var first = Sums(differences[0], differences.Take(half).Skip(1));
        var second = Sums(0, differences.Skip(half));
        var least = Least(differences);
        var count = 0L;
        foreach (var a in first)
        {
            foreach (var b in second)
            {
                count += Math.Abs(a + b) >= least ? 1 : 0;
            }
        }

        return (double)count / ((long)first.Length * second.Length);
    }

    /// <summary>Computes the two-sided p-value from random signs, (1 + as extreme) / (1 + all), which is never 0.</summary>
    public static double MonteCarlo(IReadOnlyList<double> differences, long seed)
    {
        var random = CounterRandom.For(seed, "sign-flip");
        var values = differences.ToArray();
        var (total, least) = (values.Sum(), Least(differences));
        var (count, position) = (0, 0L);
        for (var draw = 0; draw < Draws; draw++)
        {
            var flipped = 0.0;
            for (var start = 0; start < values.Length; start += 64)
            {
                var bits = random.Bits(position++);
                if (values.Length - start < 64)
                {
                    bits &= (1UL << (values.Length - start)) - 1;
                }

                for (; bits != 0; bits &= bits - 1)
                {
                    flipped += values[start + BitOperations.TrailingZeroCount(bits)];
                }
            }

            count += Math.Abs(total - (2 * flipped)) >= least ? 1 : 0;
        }

        return (1.0 + count) / (1.0 + Draws);
    }

    private static double Least(IReadOnlyList<double> differences) => Math.Abs(differences.Sum()) - (Tolerance * differences.Sum(Math.Abs));

    private static double[] Sums(double start, IEnumerable<double> values) =>
        values.Aggregate(new[] { start }, (sums, v) => [.. sums.Select(s => s + v), .. sums.Select(s => s - v)]);
}
