using System.Globalization;

namespace Dsd.Benchmarks;

/// <summary>What a row should reach.</summary>
/// <param name="IsCeiling">Whether the value should be at most the limit; otherwise at least.</param>
/// <param name="Limit">The limit, in the row's unit.</param>
internal sealed record Bar(bool IsCeiling, double Limit)
{
    public static Bar AtMost(double limit) => new(true, limit);

    public static Bar AtLeast(double limit) => new(false, limit);

    /// <summary>Whether a value is within the bar; NaN never is.</summary>
    public bool IsMetBy(double value) => IsCeiling ? value <= Limit : value >= Limit;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsCeiling ? '≤' : '≥')} {Limit:0.####}");
}
