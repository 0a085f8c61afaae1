namespace Dsd;

/// <summary>Suggestions for mistyped or shortened names.</summary>
internal static class NearestNames
{
    private const int FewestLetters = 3;

    /// <summary>Finds the candidates nearest to a name, best first.</summary>
    /// <param name="name">The name as written.</param>
    /// <param name="candidates">The existing names.</param>
    /// <param name="count">The largest number of results. Default 3.</param>
    /// <returns>
    /// First those that differ by a few letters, contain the name or are contained in it, then those that share a whole word with
    /// it; within each by edit distance (Levenshtein), then as given.
    /// </returns>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates, int count = 3) =>
        [.. candidates.Distinct().OrderBy(c => Unlikeness(name, c)).ThenBy(c => Distance(name, c)).Take(count)];

    /// <summary>Finds the candidates that are similar to a name, best first; none if nothing is similar.</summary>
    /// <param name="name">The name as written.</param>
    /// <param name="candidates">The existing names.</param>
    /// <param name="count">The largest number of results. Default 3.</param>
    /// <returns>Those of <see cref="Of"/> that differ by a few letters, contain the name or are contained in it, or share a word with it.</returns>
    public static IReadOnlyList<string> Likely(string name, IEnumerable<string> candidates, int count = 3) =>
        Of(name, candidates.Where(c => Unlikeness(name, c) < 2), count);

    /// <summary>Formats the nearest candidates as a sentence for a message; empty if there are none.</summary>
    /// <param name="name">The name as written.</param>
    /// <param name="candidates">The existing names.</param>
    /// <returns>E.g. <c>"The nearest names are fc1, fc2."</c></returns>
    public static string Sentence(string name, IEnumerable<string> candidates)
    {
        var nearest = Of(name, candidates);
        return nearest.Count == 0 ? "" : $"The nearest {(nearest.Count == 1 ? "name is" : "names are")} {string.Join(", ", nearest)}.";
    }

    /// <summary>Computes the edit distance between two names, ignoring case (Levenshtein).</summary>
    /// <param name="a">The first name.</param>
    /// <param name="b">The second name.</param>
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

    /// <summary>Ranks a candidate: 0 for a misspelling or a substring, 1 for a shared word, 2 for neither.</summary>
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
