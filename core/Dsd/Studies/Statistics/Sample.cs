using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Dsd.Studies.Statistics;

/// <summary>Values of one thing measured several times, with mean, spread and interval.</summary>
public sealed record Sample
{
    private Sample(ValueList<double> values)
    {
        Values = values;
        Mean = values.Mean();
        StandardDeviation = values.Count > 1 && values.StandardDeviation() is var deviation && double.IsFinite(deviation) ? deviation : null;
    }

    /// <summary>The values, in the order given.</summary>
    public ValueList<double> Values { get; }

    /// <summary>How many there are.</summary>
    public int Count => Values.Count;

    /// <summary>Their mean.</summary>
    public double Mean { get; }

    /// <summary>Their standard deviation, with n − 1 in the denominator; null of a single value, or where it is too large for a number.</summary>
    public double? StandardDeviation { get; }

    /// <summary>The standard error of the mean; null where there is no standard deviation.</summary>
    public double? StandardError => StandardDeviation / Math.Sqrt(Count);

    /// <summary>Gathers values.</summary>
    /// <param name="values">The values, at least one, all finite.</param>
    /// <exception cref="ArgumentException">There is no value, or one is not finite.</exception>
    public static Sample Of(IEnumerable<double> values)
    {
        var list = values.ToValueList();
        return list.Count > 0 && list.All(double.IsFinite)
            ? new(list)
            : throw new ArgumentException("A sample needs at least one value, and all must be finite.", nameof(values));
    }

    /// <summary>The confidence interval of the mean, from Student's t.</summary>
    /// <param name="confidence">Within (0, 1). Default 0.95.</param>
    /// <returns>Null where there is no standard deviation.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is outside (0, 1).</exception>
    public (double Low, double High)? Interval(double confidence = 0.95)
    {
        if (confidence is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "A confidence lies within (0, 1), such as 0.95.");
        }

        if (StandardError is not { } error)
        {
            return null;
        }

        var half = error > 0 ? StudentT.InvCDF(0, 1, Count - 1, 0.5 + (confidence / 2)) * error : 0;
        return (Mean - half, Mean + half);
    }
}
