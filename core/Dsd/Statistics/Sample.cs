using System.Globalization;
using MathNet.Numerics.Statistics;

namespace Dsd.Statistics;

/// <summary>A sample of numbers, such as the accuracies of an arm over its seeds, with mean and standard deviation.</summary>
public sealed record Sample
{
    // Values are means over up to millions of examples, so their last digits are arbitrary to about 1e-12 of their size. One example
    // more among a hundred million moves a mean by 1e-8 of its range, so no difference that was measured is lost.
    private const double Rounding = 1e-9;

    private Sample(ValueList<double> values, double mean, double? standardDeviation)
    {
        Values = values;
        Mean = mean;
        StandardDeviation = standardDeviation;
    }

    /// <summary>The values, in the order given.</summary>
    public ValueList<double> Values { get; }

    /// <summary>The number of values, at least 1.</summary>
    public int Count => Values.Count;

    /// <summary>The mean.</summary>
    public double Mean { get; }

    /// <summary>The sample standard deviation (n − 1); exactly 0 if all values are equal up to rounding, null with fewer than two values or on overflow.</summary>
    /// <remarks>Values within a billionth of the largest magnitude are equal up to rounding. For differences, the magnitude is that of the subtracted values.</remarks>
    public double? StandardDeviation { get; }

    /// <summary>True if there is a spread: at least two values that differ by more than rounding.</summary>
    public bool HasSpread => StandardDeviation > 0;

    /// <summary>The standard error of the mean; null with fewer than two values.</summary>
    public double? StandardError => StandardDeviation / Math.Sqrt(Count);

    /// <summary>Creates a sample of values.</summary>
    /// <param name="values">The values, at least one, all finite.</param>
    /// <exception cref="ArgumentException"><paramref name="values"/> is empty or has a number that is not finite.</exception>
    public static Sample Of(IEnumerable<double> values) => Of(values, 0);

    /// <summary>Creates a sample of differences.</summary>
    /// <param name="values">The values, at least one, all finite.</param>
    /// <param name="magnitude">The largest magnitude of the values that they were computed from, at least 0, which determines rounding errors.</param>
    /// <exception cref="ArgumentException"><paramref name="values"/> is empty or has a number that is not finite.</exception>
    internal static Sample Of(IEnumerable<double> values, double magnitude)
    {
        ArgumentNullException.ThrowIfNull(values);
        var list = values.ToValueList();
        if (list.Count == 0)
        {
            throw new ArgumentException("A sample needs at least one value; got none.", nameof(values));
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (!double.IsFinite(list[i]))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"The values of a sample must be finite; number {i + 1} of {list.Count} is {list[i]}. Leave out missing measurements."),
                    nameof(values));
            }
        }

        if (list.Count == 1)
        {
            return new(list, list[0], null);
        }

        // In units of a power of two near the largest, which changes no digit, so that no square overflows or vanishes; about
        // the mean, so that a spread far below it keeps its digits and that of equal numbers is exactly 0.
        var largest = list.Max(Math.Abs);
        if (largest == 0)
        {
            return new(list, 0, 0);
        }

        var exponent = Math.ILogB(largest);
        var scaled = list.Select(v => Math.ScaleB(v, -exponent)).ToArray();
        var mean = scaled.Mean();
        var isSpread = scaled.Max() - scaled.Min() > Rounding * Math.ScaleB(Math.Max(largest, magnitude), -exponent);
        var deviation = isSpread ? Math.ScaleB(scaled.Select(v => v - mean).StandardDeviation(), exponent) : 0;
        return new(list, Math.ScaleB(mean, exponent), double.IsFinite(deviation) ? deviation : null);
    }

    /// <summary>Computes the confidence interval of the mean, from Student's t.</summary>
    /// <param name="confidence">The confidence level, above 0 and below 1. Default 0.95.</param>
    /// <returns>The interval; null without a spread or on overflow.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    public (double Low, double High)? Interval(double confidence = 0.95)
    {
        Check.Fraction(confidence, "A confidence");
        if (!HasSpread)
        {
            return null;
        }

        var halfWidth = StudentTail.Quantile((1 - confidence) / 2, Count - 1) * StandardError!.Value;
        var (low, high) = (Mean - halfWidth, Mean + halfWidth);
        return double.IsFinite(low) && double.IsFinite(high) ? (low, high) : null;
    }

    /// <summary>Formats count, mean and standard deviation in one line, independent of culture.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"n = {Count}, mean {Mean:G5}{(StandardDeviation is { } sd ? string.Create(CultureInfo.InvariantCulture, $", standard deviation {sd:G4}") : "")}");
}
