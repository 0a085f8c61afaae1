using MathNet.Numerics.Distributions;

namespace Dsd.Statistics;

/// <summary>Wilson's score interval of a proportion, which holds at 0 and at 1 too.</summary>
/// <remarks>E. B. Wilson, Journal of the American Statistical Association 22, 1927; without continuity correction.</remarks>
public static class Wilson
{
    /// <summary>The confidence interval of a proportion.</summary>
    /// <param name="successes">How many of the trials succeeded, from 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">How many trials, at least 1.</param>
    /// <param name="confidence">How often such intervals hold the true proportion, above 0 and below 1. Default 0.95.</param>
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

        // At the edges the end is 0 or 1 itself, not a rounding away from it.
        return (successes == 0 ? 0 : (middle - reach) / scale, successes == trials ? 1 : (middle + reach) / scale);
    }
}
