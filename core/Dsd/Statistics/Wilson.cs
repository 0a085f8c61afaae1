using MathNet.Numerics.Distributions;

namespace Dsd.Statistics;

/// <summary>Wilson's score interval of a proportion, which is also valid at 0 and 1.</summary>
/// <remarks>E. B. Wilson, Journal of the American Statistical Association 22, 1927; without continuity correction.</remarks>
internal static class Wilson
{
    /// <summary>Computes the confidence interval of a proportion.</summary>
    /// <param name="successes">The number of successes, from 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">The number of trials, at least 1.</param>
    /// <param name="confidence">The confidence level, above 0 and below 1. Default 0.95.</param>
    /// <returns>Within [0, 1], never of zero width.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static (double Low, double High) Interval(int successes, int trials, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        Check.Fraction(confidence, "A confidence");
        var z = -Normal.InvCDF(0, 1, (1 - confidence) / 2);
        var failed = (double)(trials - successes) / trials;
        var middle = (2.0 * successes) + (z * z);
        var reach = z * Math.Sqrt((z * z) + (4 * successes * failed));
        var scale = 2 * (trials + (z * z));

        // At the edges the end is exactly 0 or 1, without a rounding error.
        return (successes == 0 ? 0 : (middle - reach) / scale, successes == trials ? 1 : (middle + reach) / scale);
    }
}
