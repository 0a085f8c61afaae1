namespace Dsd;

/// <summary>Finds the names that a mistyped or shortened one most likely meant.</summary>
public static class NearestNames
{
    private const int FewestLetters = 3;

    /// <summary>The candidates nearest to a name, best first.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What exists.</param>
    /// <param name="count">How many at most. Default 3.</param>
    /// <returns>
    /// First those of which a few letters are mistyped, or that hold the name or are held by it, then those that share a whole word with
    /// it; within each by edit distance (Levenshtein), then as given.
    /// </returns>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates, int count = 3) =>
        [.. candidates.Distinct().OrderBy(c => Unlikeness(name, c)).ThenBy(c => Distance(name, c)).Take(count)];

    /// <summary>The candidates that a name may well have meant, best first; none where nothing is alike.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What exists.</param>
    /// <param name="count">How many at most. Default 3.</param>
    /// <returns>Those of <see cref="Of"/> that differ by a few letters, hold the name or are held by it, or share a word with it.</returns>
    public static IReadOnlyList<string> Likely(string name, IEnumerable<string> candidates, int count = 3) =>
        Of(name, candidates.Where(c => Unlikeness(name, c) < 2), count);

    /// <summary>The nearest candidates as a sentence for a message; empty where there are none.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What exists.</param>
    /// <returns>E.g. <c>"The nearest names are fc1, fc2."</c></returns>
    public static string Sentence(string name, IEnumerable<string> candidates)
    {
        var nearest = Of(name, candidates);
        return nearest.Count == 0 ? "" : $"The nearest {(nearest.Count == 1 ? "name is" : "names are")} {string.Join(", ", nearest)}.";
    }

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

    /// <summary>0 for a misspelling or a part, 1 for a shared word, 2 for neither.</summary>
    private static int Unlikeness(string name, string candidate) =>
        IsMisspelt(name, candidate) || Holds(name, candidate) || Holds(candidate, name) ? 0
        : Words(name).Intersect(Words(candidate), StringComparer.OrdinalIgnoreCase).Any() ? 1
        : 2;

    private static bool IsMisspelt(string name, string candidate) =>
        Math.Min(name.Length, candidate.Length) is var letters && letters > 0 && Distance(name, candidate) <= Math.Clamp(letters / 2, 1, 3) && Distance(name, candidate) < letters;

    private static bool Holds(string whole, string part) => part.Length >= FewestLetters && whole.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Words(string name) =>
        name.Split(['-', '_', '.', '/', ' ', ':'], StringSplitOptions.RemoveEmptyEntries).Where(w => w.Length >= FewestLetters);
}
