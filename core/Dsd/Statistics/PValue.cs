using System.Globalization;

namespace Dsd.Statistics;

/// <summary>The formatting of p-values.</summary>
internal static class PValue
{
    /// <summary>Formats with three decimals, or four for small values, e.g. <c>"0.031"</c>; a dash for null.</summary>
    public static string Show(double? p) =>
        p is not { } v ? "–"
        : v < 0.0001 ? "≤0.0001"
        : v.ToString(v < 0.01 ? "0.0000" : "0.000", CultureInfo.InvariantCulture);
}
