namespace Dsd.Statistics;

/// <summary>Holm's correction for several tests of one study.</summary>
/// <remarks>
/// Rejecting if an adjusted p-value is below 0.05 keeps the chance of any false rejection below 5 %, for any dependence between the
/// tests (S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979).
/// </remarks>
internal static class Holm
{
    /// <summary>Adjusts p-values for multiple testing.</summary>
    /// <param name="pValues">The p-value of each test, from 0 to 1; may be empty.</param>
    /// <returns>In the same order: the k-th smallest of m times m − k + 1, no less than a smaller one's, at most 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A p-value is not from 0 to 1.</exception>
    public static ValueList<double> Adjust(IEnumerable<double> pValues)
    {
        ArgumentNullException.ThrowIfNull(pValues);
        var adjusted = pValues.ToArray();
        foreach (var p in adjusted)
        {
            Check.Require(p is >= 0 and <= 1, p, "A p-value must be from 0 to 1", nameof(pValues));
        }

        var (left, least) = (adjusted.Length, 0.0);
        foreach (var (at, p) in adjusted.Index().OrderBy(x => x.Item).ToList())
        {
            least = Math.Max(least, Math.Min(1, p * left--));
            adjusted[at] = least;
        }

        return adjusted.ToValueList();
    }
}
