using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;
using MathNet.Numerics.RootFinding;

namespace Dsd.Studies.Statistics;

/// <summary>What a number of pairs can find, by the noncentral t distribution of the paired t-test.</summary>
public static class Power
{
    /// <summary>The smallest true difference that is found with a given chance.</summary>
    /// <param name="pairs">The number of pairs, at least 2.</param>
    /// <param name="standardDeviation">The standard deviation of the differences, at least 0; with 1 the result is Cohen's d_z.</param>
    /// <param name="alpha">The level of the two-sided test, within (0, 1). Default 0.05.</param>
    /// <param name="power">The chance, within (<paramref name="alpha"/>, 1). Default 0.8.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static double SmallestDetectable(int pairs, double standardDeviation, double alpha = 0.05, double power = 0.8)
    {
        Check(pairs, standardDeviation, alpha);
        return power > alpha && power < 1
            ? standardDeviation * Brent.FindRoot(effect => Of(pairs, effect, 1, alpha) - power, 0, 100, 1e-9, 200)
            : throw new ArgumentOutOfRangeException(nameof(power), power, "The power lies between the level and 1, such as 0.8.");
    }

    /// <summary>The chance that the two-sided paired t-test finds a true difference.</summary>
    /// <param name="pairs">The number of pairs, at least 2.</param>
    /// <param name="difference">The true difference.</param>
    /// <param name="standardDeviation">The standard deviation of the differences, above 0.</param>
    /// <param name="alpha">The level of the test, within (0, 1). Default 0.05.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static double Of(int pairs, double difference, double standardDeviation, double alpha = 0.05)
    {
        Check(pairs, standardDeviation, alpha);
        ArgumentOutOfRangeException.ThrowIfZero(standardDeviation);
        var shift = Math.Abs(difference) / standardDeviation * Math.Sqrt(pairs);
        var critical = StudentT.InvCDF(0, 1, pairs - 1, 1 - (alpha / 2));
        return 1 - NoncentralT(critical, pairs - 1, shift) + NoncentralT(-critical, pairs - 1, shift);
    }

    /// <summary>How many pairs find a true difference with a given chance.</summary>
    /// <param name="difference">The true difference, not 0.</param>
    /// <param name="standardDeviation">The standard deviation of the differences, above 0.</param>
    /// <param name="alpha">The level of the two-sided test, within (0, 1). Default 0.05.</param>
    /// <param name="power">The chance, within (<paramref name="alpha"/>, 1). Default 0.8.</param>
    /// <returns>At least 2; at most 1,000,000, beyond which no study goes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range, or more than a million pairs were needed.</exception>
    public static int PairsFor(double difference, double standardDeviation, double alpha = 0.05, double power = 0.8)
    {
        const int Most = 1_000_000;
        ArgumentOutOfRangeException.ThrowIfZero(difference);
        var (low, high) = (1, 2);
        while (Of(high, difference, standardDeviation, alpha) < power)
        {
            (low, high) = (high, high * 2);
            if (low > Most)
            {
                throw new ArgumentOutOfRangeException(nameof(difference), difference, "So small a difference takes more than a million pairs.");
            }
        }

        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Of(middle, difference, standardDeviation, alpha) < power ? (middle, high) : (low, middle);
        }

        return high;
    }

    /// <summary>The distribution function of the noncentral t: the normal probability of t·s − δ, averaged over s = χ/√ν.</summary>
    internal static double NoncentralT(double t, int degrees, double shift)
    {
        // The density of s is narrow round 1; beyond these ends there is less than 1e-16 of it.
        var spread = Math.Sqrt(0.5 / degrees);
        var (low, high) = (Math.Max(0, 1 - (10 * spread)), 1 + (10 * spread) + (degrees < 5 ? 6 : 0));
        var logScale = Math.Log(2) + (0.5 * degrees * Math.Log(0.5 * degrees)) - SpecialFunctions.GammaLn(0.5 * degrees);
        const int Pieces = 16;
        var sum = 0.0;
        for (var i = 0; i < Pieces; i++)
        {
            sum += GaussLegendreRule.Integrate(Weighted, low + ((high - low) * i / Pieces), low + ((high - low) * (i + 1) / Pieces), 64);
        }

        return Math.Clamp(sum, 0, 1);

        double Weighted(double s) => s <= 0 ? 0 : Math.Exp(logScale + ((degrees - 1) * Math.Log(s)) - (0.5 * degrees * s * s)) * Normal.CDF(0, 1, (t * s) - shift);
    }

    private static void Check(int pairs, double standardDeviation, double alpha)
    {
        if (pairs < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(pairs), pairs, "A test needs at least 2 pairs.");
        }

        if (!(standardDeviation >= 0 && double.IsFinite(standardDeviation)))
        {
            throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "A standard deviation is a finite number, at least 0.");
        }

        if (alpha is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "A level lies within (0, 1), such as 0.05.");
        }
    }
}
