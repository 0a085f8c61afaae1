using System.Globalization;
using Dsd.Records;
using Dsd.Statistics;

namespace Dsd.Examples.Tests;

/// <summary>The tables of the evidence page, worked out from the trials of its studies, which are kept as CSV.</summary>
internal static class Evidence
{
    private static readonly Dictionary<string, EvidenceTrials> s_trials = [];

    public static string Folder { get; } = Path.Combine(Repository.Root, "notebooks", "evidence");

    /// <summary>The studies that were run, by name.</summary>
    public static IReadOnlyList<string> Studies { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "studies"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    /// <summary>The trials of a study, read once.</summary>
    public static EvidenceTrials TrialsOf(string study)
    {
        lock (s_trials)
        {
            return s_trials.TryGetValue(study, out var trials) ? trials : s_trials[study] = EvidenceTrials.Read(study);
        }
    }

    /// <summary>The page with the tables between its markers as the trials give them.</summary>
    public static string WithTables(string page) => Studies
        .Aggregate(page, (text, study) => With(text, study, TrialsOf(study).IsTest ? EvidenceTables.OnTest(study) : EvidenceTables.OfSweep(study)))
        .WithTable("regime", Regime.Table())
        .WithTable("summary", EvidenceTables.Summary());

    /// <summary>A page with a table put between its markers.</summary>
    internal static string With(string page, string name, string table)
    {
        var begin = $"<!-- table {name} -->\n";
        var at = page.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(at >= 0, $"the page has no table {name}");
        var from = at + begin.Length;
        return page[..from] + table + page[page.IndexOf("<!-- end -->", from, StringComparison.Ordinal)..];
    }

    /// <summary>What the mask did in a study of one variant: dsd − control, seed by seed.</summary>
    internal static PairedDifference ToControl(string study) => ToControl(study, TrialsOf(study).Metric, Moment.End);

    /// <summary>What the mask did to a metric, up to a moment, in a study of one variant.</summary>
    internal static PairedDifference ToControl(string study, Metric metric, Moment at) => ToControl(study, TrialsOf(study).Groups.Single(), metric, at);

    /// <summary>The same in a variant of a study.</summary>
    internal static PairedDifference ToControl(string study, string group, Metric metric, Moment at) => TrialsOf(study).Difference(group, "control", metric, at);

    /// <summary>A difference with its interval as it stands in tables, e.g. <c>"−0.22 [−0.54, +0.10]"</c>.</summary>
    internal static string Show(this PairedDifference difference, Metric metric)
    {
        var mean = metric.ShowDifference(difference.Differences.Mean);
        return difference.Interval is var (low, high) ? $"{mean} [{metric.ShowDifference(low)}, {metric.ShowDifference(high)}]" : mean;
    }

    /// <summary>How many of the pairs have a lower value in the first arm.</summary>
    internal static int Lower(this PairedDifference difference) => difference.Differences.Values.Count(d => d < 0);

    /// <summary>A value without a sign of percent, as it stands under a title that names its unit.</summary>
    internal static string Bare(this Metric metric, double value) => metric.ShowSize(value);

    internal static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string WithTable(this string page, string name, string table) => With(page, name, table);
}
