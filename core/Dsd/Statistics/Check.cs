using System.Globalization;
using System.Runtime.CompilerServices;

namespace Dsd.Statistics;

/// <summary>Range checks of statistical arguments.</summary>
internal static class Check
{
    /// <summary>Checks that a number is above 0 and below 1.</summary>
    public static void Fraction(double value, string what, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        Require(value is > 0 and < 1, value, $"{what} must be above 0 and below 1", name);

    /// <summary>Checks that a number is above 0 and finite.</summary>
    public static void Positive(double value, string what, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        Require(value > 0 && double.IsFinite(value), value, $"{what} must be above 0 and finite", name);

    /// <summary>Checks a condition on a number.</summary>
    public static void Require(bool holds, double value, string rule, string? name)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{rule}; got {value}."));
        }
    }
}
