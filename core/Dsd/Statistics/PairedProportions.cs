using MathNet.Numerics.Distributions;

namespace Dsd.Statistics;

/// <summary>The counts of two binary outcomes per example, such as the correctness of two arms, by agreement.</summary>
public sealed record PairedProportions
{
    /// <summary>Creates the counts.</summary>
    /// <param name="both">The number of examples with both outcomes, at least 0.</param>
    /// <param name="firstOnly">The number of examples with only the first outcome, at least 0.</param>
    /// <param name="secondOnly">The number of examples with only the second outcome, at least 0.</param>
    /// <param name="neither">The number of examples with neither, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, there is no example, or there are more than 2³¹ − 1.</exception>
    public PairedProportions(int both, int firstOnly, int secondOnly, int neither)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(both);
        ArgumentOutOfRangeException.ThrowIfNegative(firstOnly);
        ArgumentOutOfRangeException.ThrowIfNegative(secondOnly);
        ArgumentOutOfRangeException.ThrowIfNegative(neither);
        var count = (long)both + firstOnly + secondOnly + neither;
        Check.Require(count is > 0 and <= int.MaxValue, count, "The number of examples must be from 1 to 2,147,483,647", nameof(both));
        (Both, FirstOnly, SecondOnly, Neither) = (both, firstOnly, secondOnly, neither);
    }

    /// <summary>The number of examples with both outcomes.</summary>
    public int Both { get; }

    /// <summary>The number of examples with only the first outcome.</summary>
    public int FirstOnly { get; }

    /// <summary>The number of examples with only the second outcome.</summary>
    public int SecondOnly { get; }

    /// <summary>The number of examples with neither.</summary>
    public int Neither { get; }

    /// <summary>The number of examples, at least 1.</summary>
    public int Count => Both + FirstOnly + SecondOnly + Neither;

    /// <summary>The first proportion minus the second, from −1 to 1.</summary>
    public double Difference => (double)(FirstOnly - SecondOnly) / Count;

    /// <summary>The two-sided p-value of McNemar's exact conditional test; null if the outcomes agree on every example.</summary>
    /// <remarks>Under the null hypothesis, examples with only one outcome have either with equal probability (Q. McNemar, Psychometrika 12, 1947): a binomial test, without continuity correction or mid-p.</remarks>
    public double? McNemarPValue => FirstOnly + SecondOnly is var apart and > 0
        ? Math.Min(1, 2 * Binomial.CDF(0.5, apart, Math.Min(FirstOnly, SecondOnly)))
        : null;

    /// <summary>Computes the confidence interval of <see cref="Difference"/> by Newcombe's method 10, the hybrid score interval.</summary>
    /// <param name="confidence">The confidence level, above 0 and below 1. Default 0.95.</param>
    /// <returns>Within [−1, 1]; not of zero width even if both proportions are 0 or 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    /// <remarks>Combines Wilson's intervals of both proportions by their correlation (R. G. Newcombe, Statistics in Medicine 17, 1998, pages 2635–2650).</remarks>
    public (double Low, double High) Interval(double confidence = 0.95)
    {
        var (first, second, n) = (Both + FirstOnly, Both + SecondOnly, (double)Count);
        var (low1, high1) = Wilson.Interval(first, Count, confidence);
        var (low2, high2) = Wilson.Interval(second, Count, confidence);
        var (p1, p2) = (first / n, second / n);
        var correlation = Correlation();
        return (
            Difference - Join(p1 - low1, high2 - p2, correlation),
            Difference + Join(high1 - p1, p2 - low2, correlation));
    }

    // Rounding may give a correlation slightly above 1.
    private static double Join(double a, double b, double correlation) => Math.Sqrt(Math.Max(0, (a * a) - (2 * correlation * a * b) + (b * b)));

    /// <summary>Computes the correlation of the outcomes, corrected for continuity if positive; 0 if a proportion is 0 or 1.</summary>
    private double Correlation()
    {
        var margins = (double)(Both + FirstOnly) * (SecondOnly + Neither) * (Both + SecondOnly) * (FirstOnly + Neither);
        var excess = ((double)Both * Neither) - ((double)FirstOnly * SecondOnly);
        var corrected = excess > 0 ? Math.Max(0, excess - (Count / 2.0)) : excess;
        return margins > 0 ? corrected / Math.Sqrt(margins) : 0;
    }
}
