using System.Globalization;

namespace Dsd.Records;

/// <summary>Something of the data that a reader of results must know: what was left out, stands in two parts, or is missing; how many, and some by name.</summary>
/// <param name="Kind">What is wrong with them.</param>
/// <param name="Split">The part that it concerns; null where it is none of the three.</param>
/// <param name="What">What they are, in the plural, e.g. <c>"images that cannot be decoded"</c>.</param>
/// <param name="Count">How many there are, at least 1.</param>
/// <param name="Examples">The first of them in ordinal order, at most <see cref="MostExamples"/>, each perhaps with a reason after a colon.</param>
public sealed record DataProblem(DataProblemKind Kind, DataSplit? Split, string What, long Count, ValueList<string> Examples)
{
    /// <summary>How many are named at most: 100.</summary>
    public const int MostExamples = 100;

    private const int Shown = 3;

    /// <summary>A problem of all of some things, of which the first are named.</summary>
    /// <param name="kind">What is wrong with them.</param>
    /// <param name="split">The part that it concerns, or null.</param>
    /// <param name="what">What they are, in the plural.</param>
    /// <param name="names">Their names, at least one.</param>
    /// <returns>The problem; null where there is no name.</returns>
    public static DataProblem? Of(DataProblemKind kind, DataSplit? split, string what, IEnumerable<string> names)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(what);
        ArgumentNullException.ThrowIfNull(names);
        var all = names.Order(StringComparer.Ordinal).ToList();
        return all.Count == 0 ? null : new(kind, split, what, all.Count, all.Take(MostExamples).ToValueList());
    }

    /// <summary>The problem in one line, with the first names.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{char.ToUpperInvariant(Word[0])}{Word[1..]}{(Split is { } split ? $", {split.ToString().ToLowerInvariant()}" : "")}: {What}: {Count:N0}{Names()}");

    /// <summary>Problems of several sources as one list: of the same thing the largest count, in the order in which each first comes.</summary>
    /// <param name="problems">The problems, e.g. those that each event of a run tells of.</param>
    public static ValueList<DataProblem> Merge(IEnumerable<DataProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return problems.GroupBy(p => (p.Kind, p.Split, p.What)).Select(g => g.MaxBy(p => p.Count)!).ToValueList();
    }

    /// <summary>One row a problem of the data.</summary>
    internal static TextTable Table(IEnumerable<DataProblem> problems)
    {
        var table = new TextTable("data", "part", ">how many", "what", "which");
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

    /// <summary>A list as events hold it.</summary>
    internal static ValueList<DataProblem>? NullIfNone(ValueList<DataProblem> problems) => problems.Count == 0 ? null : problems;

    private string Word => Kind switch
    {
        DataProblemKind.LeftOut => "left out",
        DataProblemKind.InTwoParts => "in two parts",
        _ => "missing",
    };

    private string Names() => Examples.Count == 0 ? ""
        : $" ({string.Join("; ", Examples.Take(Shown))}{(Count > Math.Min(Shown, Examples.Count) ? string.Create(CultureInfo.InvariantCulture, $"; and {Count - Math.Min(Shown, Examples.Count):N0} more") : "")})";
}
