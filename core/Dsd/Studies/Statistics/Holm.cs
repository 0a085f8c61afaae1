namespace Dsd.Studies.Statistics;

/// <summary>Holm's correction for several tests (Scandinavian Journal of Statistics, 1979): the chance of any false finding stays at the level.</summary>
public static class Holm
{
    /// <summary>Corrects p-values, step down: the smallest of n is multiplied by n, the next by n − 1, and so on; none falls below one before it.</summary>
    /// <param name="pValues">The p-values, each in [0, 1].</param>
    /// <returns>The corrected ones, in the same order, at most 1.</returns>
    /// <exception cref="ArgumentException">A value is outside [0, 1].</exception>
    public static ValueList<double> Adjust(IEnumerable<double> pValues)
    {
        var given = pValues.ToArray();
        if (given.Any(p => p is not (>= 0 and <= 1)))
        {
            throw new ArgumentException("A p-value lies within [0, 1].", nameof(pValues));
        }

        var adjusted = new double[given.Length];
        var largest = 0.0;
        foreach (var (index, rank) in Enumerable.Range(0, given.Length).OrderBy(i => given[i]).Select((i, r) => (i, r)))
        {
            largest = Math.Max(largest, Math.Min(1, given[index] * (given.Length - rank)));
            adjusted[index] = largest;
        }

        return adjusted.ToValueList();
    }
}
