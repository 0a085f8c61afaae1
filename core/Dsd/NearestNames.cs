namespace Dsd;

/// <summary>Finds the names that a mistyped one most likely meant.</summary>
public static class NearestNames
{
    /// <summary>The candidates nearest to a name, best first.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What exists.</param>
    /// <param name="count">How many at most. Default 3.</param>
    /// <returns>Ordered by edit distance (Levenshtein), then as given.</returns>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates, int count = 3) =>
        [.. candidates.Distinct().OrderBy(c => Distance(name, c)).Take(count)];

    /// <summary>How many letters must be put in, left out or changed to get from one name to another, upper and lower case alike (Levenshtein).</summary>
    /// <param name="a">The one.</param>
    /// <param name="b">The other.</param>
    public static int Distance(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitute = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
