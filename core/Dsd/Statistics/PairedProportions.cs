using MathNet.Numerics.Distributions;

namespace Dsd.Statistics;

/// <summary>Two yes-or-no outcomes of each of some examples, such as whether either arm was right, counted by how they agree.</summary>
public sealed record PairedProportions
{
    /// <summary>Takes in counts.</summary>
    /// <param name="both">Examples with both outcomes, at least 0.</param>
    /// <param name="firstOnly">Examples with the first outcome alone, at least 0.</param>
    /// <param name="secondOnly">Examples with the second outcome alone, at least 0.</param>
    /// <param name="neither">Examples with neither, at least 0.</param>
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

    /// <summary>How many examples have both outcomes.</summary>
    public int Both { get; }

    /// <summary>How many examples have the first outcome alone.</summary>
    public int FirstOnly { get; }

    /// <summary>How many examples have the second outcome alone.</summary>
    public int SecondOnly { get; }

    /// <summary>How many examples have neither.</summary>
    public int Neither { get; }

    /// <summary>How many examples there are, at least 1.</summary>
    public int Count => Both + FirstOnly + SecondOnly + Neither;

    /// <summary>The first proportion less the second, from −1 to 1.</summary>
    public double Difference => (double)(FirstOnly - SecondOnly) / Count;

    /// <summary>The two-sided p-value of McNemar's exact conditional test; null where no example tells the outcomes apart.</summary>
    /// <remarks>Of examples with one outcome alone, each is as likely to have either (Q. McNemar, Psychometrika 12, 1947): a binomial test, with no continuity correction and no mid-p.</remarks>
    public double? McNemarPValue => FirstOnly + SecondOnly is var apart and > 0
        ? Math.Min(1, 2 * Binomial.CDF(0.5, apart, Math.Min(FirstOnly, SecondOnly)))
        : null;

    /// <summary>The confidence interval of <see cref="Difference"/> by Newcombe's method 10, the hybrid score interval.</summary>
    /// <param name="confidence">How often such intervals hold the true difference, above 0 and below 1. Default 0.95.</param>
    /// <returns>Within [−1, 1]; it has a width also where both proportions are 0 or 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    /// <remarks>It joins Wilson's intervals of both proportions by their correlation (R. G. Newcombe, Statistics in Medicine 17, 1998, pages 2635–2650).</remarks>
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

    // A correlation of rounding may come out a digit above 1.
    private static double Join(double a, double b, double correlation) => Math.Sqrt(Math.Max(0, (a * a) - (2 * correlation * a * b) + (b * b)));

    /// <summary>The correlation of the outcomes, a positive one corrected for continuity; 0 where a proportion is 0 or 1.</summary>
    private double Correlation()
    {
        var margins = (double)(Both + FirstOnly) * (SecondOnly + Neither) * (Both + SecondOnly) * (FirstOnly + Neither);
        var excess = ((double)Both * Neither) - ((double)FirstOnly * SecondOnly);
        var corrected = excess > 0 ? Math.Max(0, excess - (Count / 2.0)) : excess;
        return margins > 0 ? corrected / Math.Sqrt(margins) : 0;
    }
}
