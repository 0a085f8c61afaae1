using MathNet.Numerics.Statistics;

namespace Dsd.Benchmarks;

/// <summary>The middle of several numbers and the range that holds the middle half of them.</summary>
internal readonly record struct Quantiles(double Low, double Median, double High)
{
    public static Quantiles Of(double[] values) => new(values.LowerQuartile(), values.Median(), values.UpperQuartile());
}
