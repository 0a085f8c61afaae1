using System.Numerics;

namespace Dsd.Studies.Statistics;

/// <summary>The sign-flip permutation test: if nothing differs, each difference could as well have had the other sign (Fisher, 1935).</summary>
internal static class SignFlips
{
    private const int MostEnumerated = 20;
    private const int Draws = 100_000;

    // Sums that are equal but for rounding count as equal.
    private const double Tolerance = 1e-9;

    public static (double PValue, bool IsExact) PValue(IReadOnlyList<double> differences, long seed)
    {
        var scale = differences.Sum(Math.Abs);
        if (scale == 0)
        {
            return (1, true);
        }

        var limit = Math.Abs(differences.Sum()) - (Tolerance * scale);
        return differences.Count <= MostEnumerated ? (Enumerate(differences, limit), true) : (Draw(differences, limit, seed), false);
    }

    private static double Enumerate(IReadOnlyList<double> differences, double limit)
    {
        // In the order of a Gray code each pattern differs from the one before in one sign.
        var signs = new double[differences.Count];
        Array.Fill(signs, 1);
        var patterns = 1L << differences.Count;
        var extreme = 0L;
        var sum = differences.Sum();
        for (var i = 1L; ; i++)
        {
            extreme += Math.Abs(sum) >= limit ? 1 : 0;
            if (i == patterns)
            {
                return (double)extreme / patterns;
            }

            var flipped = BitOperations.TrailingZeroCount(i);
            sum -= 2 * signs[flipped] * differences[flipped];
            signs[flipped] = -signs[flipped];
        }
    }

    private static double Draw(IReadOnlyList<double> differences, double limit, long seed)
    {
        var random = CounterRandom.For(seed, "sign-flips");
        var extreme = 0;
        for (var draw = 0L; draw < Draws; draw++)
        {
            var sum = 0.0;
            var bits = 0UL;
            for (var i = 0; i < differences.Count; i++)
            {
                bits = i % 64 == 0 ? random.Bits((draw * 1_000_003) + (i / 64)) : bits >> 1;
                sum += (bits & 1) == 0 ? differences[i] : -differences[i];
            }

            extreme += Math.Abs(sum) >= limit ? 1 : 0;
        }

        return (1.0 + extreme) / (1 + Draws);
    }
}
