using System.Globalization;

namespace Dsd.Records;

/// <summary>A problem of the data that affects results: examples that are excluded, in two splits, or missing, with their number and some names.</summary>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Split">The affected split; null if it is none of the three.</param>
/// <param name="What">A plural noun for the examples, e.g. <c>"images that cannot be decoded"</c>.</param>
/// <param name="Count">The number of examples, at least 1.</param>
/// <param name="Examples">The first names, in ordinal order or that of rows, at most <see cref="MostExamples"/>, each optionally with a reason after a colon.</param>
public sealed record DataProblem(DataProblemKind Kind, DataSplit? Split, string What, long Count, ValueList<string> Examples)
{
    /// <summary>The largest number of names: 100.</summary>
    public const int MostExamples = 100;

    private const int Shown = 3;

    /// <summary>Creates a problem from the names of all affected examples, and keeps the first.</summary>
    /// <param name="kind">The kind of problem.</param>
    /// <param name="split">The affected split, or null.</param>
    /// <param name="what">A plural noun for the examples.</param>
    /// <param name="names">Their names, at least one.</param>
    /// <returns>The problem; null if there is no name.</returns>
    public static DataProblem? Of(DataProblemKind kind, DataSplit? split, string what, IEnumerable<string> names)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(what);
        ArgumentNullException.ThrowIfNull(names);
        var all = names.Order(StringComparer.Ordinal).ToList();
        return all.Count == 0 ? null : new(kind, split, what, all.Count, all.Take(MostExamples).ToValueList());
    }

    /// <summary>Formats the problem in one line, with the first names.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{char.ToUpperInvariant(Word[0])}{Word[1..]}{(Split is { } split ? $", {split.ToString().ToLowerInvariant()}" : "")}: {What}: {Count:N0}{Names()}");

    /// <summary>Merges the problems of several sources: the largest count of each, in the order of first occurrence.</summary>
    /// <param name="problems">The problems, e.g. those of each event of a run.</param>
    public static ValueList<DataProblem> Merge(IEnumerable<DataProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return problems.GroupBy(p => (p.Kind, p.Split, p.What)).Select(g => g.MaxBy(p => p.Count)!).ToValueList();
    }

    /// <summary>Adds the examples of two partial accounts of the same problems; where not all names are known, the larger count stands.</summary>
    internal static ValueList<DataProblem> Union(IEnumerable<DataProblem> before, IEnumerable<DataProblem> now) => before.Concat(now)
        .GroupBy(p => (p.Kind, p.Split, p.What))
        .Select(g => g.All(p => p.Examples.Count == p.Count) ? Of(g.Key.Kind, g.Key.Split, g.Key.What, g.SelectMany(p => p.Examples).Distinct())! : g.MaxBy(p => p.Count)!)
        .ToValueList();

    /// <summary>The table of problems, one row per problem.</summary>
    public static TextTable Table(IEnumerable<DataProblem> problems)
    {
        var table = new TextTable("problem", "split", ">count", "what", "examples");
        foreach (var problem in problems)
        {
            table.Row(
                problem.Word,
                problem.Split?.ToString().ToLowerInvariant() ?? "–",
                problem.Count.ToString("N0", CultureInfo.InvariantCulture),
                problem.What,
                string.Join("; ", problem.Examples) + (problem.Count > problem.Examples.Count ? string.Create(CultureInfo.InvariantCulture, $"; and {problem.Count - problem.Examples.Count:N0} more") : ""));
        }

        return table;
    }

    /// <summary>Returns the list, or null if it is empty, as stored in events.</summary>
    internal static ValueList<DataProblem>? NullIfNone(ValueList<DataProblem> problems) => problems.Count == 0 ? null : problems;

    private string Word => Kind switch
    {
        DataProblemKind.LeftOut => "left out",
        DataProblemKind.InTwoParts => "in two splits",
        _ => "missing",
    };

    private string Names() => Examples.Count == 0 ? ""
        : $" ({string.Join("; ", Examples.Take(Shown))}{(Count > Math.Min(Shown, Examples.Count) ? string.Create(CultureInfo.InvariantCulture, $"; and {Count - Math.Min(Shown, Examples.Count):N0} more") : "")})";
}
