using System.Globalization;
using MathNet.Numerics.RootFinding;

namespace Dsd.Statistics;

/// <summary>The power analysis of the two-sided paired t-test: power, detectable difference, and number of pairs.</summary>
/// <remarks>
/// From the noncentral t distribution. A significant difference of the wrong sign counts as detected, as in statsmodels and in
/// R's <c>power.t.test(strict = TRUE)</c>; at powers in use that is less than the last digit printed.
/// </remarks>
internal static class Power
{
    private const int MostPairs = 10_000_000;

    /// <summary>Computes the difference that is detected with a given power.</summary>
    /// <param name="pairs">The number of pairs, at least 2.</param>
    /// <param name="standardDeviation">The standard deviation of the differences, at least 0; the result is proportional to it.</param>
    /// <param name="alpha">The level of the test, above 0 and below 1. Default 0.05.</param>
    /// <param name="power">The power, above <paramref name="alpha"/> and below 1. Default 0.8.</param>
    /// <returns>The size of the difference, at least 0, in the unit of <paramref name="standardDeviation"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static double SmallestDetectable(int pairs, double standardDeviation, double alpha = 0.05, double power = 0.8)
    {
        CheckPairs(pairs);
        Check.Require(standardDeviation >= 0 && double.IsFinite(standardDeviation), standardDeviation, "A standard deviation must be at least 0 and finite", nameof(standardDeviation));
        CheckLevels(alpha, power);
        var critical = StudentTail.Quantile(alpha / 2, pairs - 1);
        var high = 1.0;
        while (Found(critical, pairs, high) < power)
        {
            high *= 2;
        }

        var noncentrality = Brent.FindRoot(x => Found(critical, pairs, x) - power, high == 1 ? 0 : high / 2, high, 1e-12, 200);
        return noncentrality / Math.Sqrt(pairs) * standardDeviation;
    }

    /// <summary>Computes the power: the probability that a difference is found to be significant.</summary>
    /// <param name="pairs">The number of pairs, at least 2.</param>
    /// <param name="effect">The true difference, finite, of either sign; with 0 the result is <paramref name="alpha"/>.</param>
    /// <param name="standardDeviation">The standard deviation of the differences, above 0.</param>
    /// <param name="alpha">The level of the test, above 0 and below 1. Default 0.05.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static double PowerOf(int pairs, double effect, double standardDeviation, double alpha = 0.05)
    {
        CheckPairs(pairs);
        Check.Require(double.IsFinite(effect), effect, "A difference must be finite", nameof(effect));
        Check.Positive(standardDeviation, "A standard deviation");
        Check.Fraction(alpha, "A level");
        return Found(StudentTail.Quantile(alpha / 2, pairs - 1), pairs, Math.Abs(effect) / standardDeviation * Math.Sqrt(pairs));
    }

    /// <summary>Computes the smallest number of pairs that detects a difference with a given power.</summary>
    /// <param name="effect">The true difference, finite and not 0.</param>
    /// <param name="standardDeviation">The standard deviation of the differences, above 0.</param>
    /// <param name="alpha">The level of the test, above 0 and below 1. Default 0.05.</param>
    /// <param name="power">The power, above <paramref name="alpha"/> and below 1. Default 0.8.</param>
    /// <returns>At least 2.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range, or more than ten million pairs would be needed.</exception>
    public static int PairsFor(double effect, double standardDeviation, double alpha = 0.05, double power = 0.8)
    {
        Check.Require(double.IsFinite(effect) && effect != 0, effect, "A difference to be detected must be finite and not 0", nameof(effect));
        Check.Positive(standardDeviation, "A standard deviation");
        CheckLevels(alpha, power);
        var (below, enough) = (1, 2);
        while (PowerOf(enough, effect, standardDeviation, alpha) < power)
        {
            if (enough == MostPairs)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(effect),
                    effect,
                    string.Create(CultureInfo.InvariantCulture, $"A difference of {effect} with a standard deviation of {standardDeviation} needs more than {MostPairs} pairs, which is the limit."));
            }

            (below, enough) = (enough, Math.Min(enough * 2, MostPairs));
        }

        while (enough - below > 1)
        {
            var middle = below + ((enough - below) / 2);
            (below, enough) = PowerOf(middle, effect, standardDeviation, alpha) < power ? (middle, enough) : (below, middle);
        }

        return enough;
    }

    private static double Found(double critical, int pairs, double noncentrality) =>
        Math.Min(1, NoncentralT.Above(critical, pairs - 1, noncentrality) + NoncentralT.Above(critical, pairs - 1, -noncentrality));

    private static void CheckPairs(int pairs) => Check.Require(pairs >= 2, pairs, "A paired t-test needs at least 2 pairs", nameof(pairs));

    private static void CheckLevels(double alpha, double power)
    {
        Check.Fraction(alpha, "A level");
        Check.Require(power > alpha && power < 1, power, string.Create(CultureInfo.InvariantCulture, $"A power must be above the level of the test, {alpha}, and below 1"), nameof(power));
    }
}
