using System.Globalization;
using System.Text;
using Dsd.Studies.Statistics;

namespace Dsd.Examples.Tests;

/// <summary>The tables of the evidence page, worked out from the trials of its studies, which are kept as CSV.</summary>
internal static class Evidence
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    public static string Folder { get; } = Path.Combine(Repository.Root, "notebooks", "evidence");

    /// <summary>The studies that were run, by name.</summary>
    public static IReadOnlyList<string> Studies { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "studies"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    /// <summary>The page with the tables between its markers as the trials give them.</summary>
    public static string WithTables(string page)
    {
        var summary = new List<string>();
        foreach (var study in Studies)
        {
            page = With(page, study, TableOf(study, summary));
        }

        const string Head = "| judged on test | pairs | dsd over its own first phase, on validation | dsd − control | dsd − plain | dsd − random-mask |\n|---|--:|--:|--:|--:|--:|\n";
        return With(page, "summary", Head + string.Concat(summary));
    }

    /// <summary>A page with a table put between its markers.</summary>
    internal static string With(string page, string name, string table)
    {
        var begin = $"<!-- table {name} -->\n";
        var at = page.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(at >= 0, $"the evidence page has no table {name}");
        var from = at + begin.Length;
        return page[..from] + table + page[page.IndexOf("<!-- end -->", from, StringComparison.Ordinal)..];
    }

    /// <summary>What the mask did in a study of one variant: dsd − control, seed by seed.</summary>
    internal static PairedDifference ToControl(string study)
    {
        var trials = Trials.Read(study);
        return trials.Difference(trials.Groups.Single(), "control");
    }

    private static string TableOf(string study, List<string> summary)
    {
        var trials = Trials.Read(study);
        var (metric, isTest, rows, groups, arms) = (trials.Metric, trials.IsTest, trials.Rows, trials.Groups, trials.Arms);
        string At(List<string> row, string title) => trials.At(row, title);
        var isFraction = metric is "accuracy" or "CER" || metric.StartsWith("BLEU", StringComparison.Ordinal);
        var lessIsBetter = isFraction && metric != "CER" ? "" : ", less is better";
        var scale = isFraction ? 100 : 1;
        var digits = isFraction ? "0.00" : "0.0000";
        var contrasts = groups.SelectMany(g => arms.Skip(1).Select(arm => (Group: g, Arm: arm, Difference: trials.Difference(g, arm)))).ToList();
        var holm = Holm.Adjust(contrasts.Select(c => c.Difference.PValue!.Value));
        var failed = rows.Where(r => At(r, "outcome") == "failed").Select(r => (At(r, "treatment"), At(r, "seed"))).Distinct().Count();
        var count = rows.Select(r => (At(r, "treatment"), At(r, "seed"))).Distinct().Count();

        var text = new StringBuilder();
        var unit = isFraction ? $"points of {metric}" : metric.Replace('_', ' ');
        text.Append(s_culture, $"{count} trials{(failed > 0 ? $", {failed} failed" : "")}; {contrasts[0].Difference.Differences.Count} pairs; {unit} on {(isTest ? "test" : "validation")}{lessIsBetter}; 95 % intervals; * p < 0.05 after Holm's correction over the table.\n\n");
        text.Append(s_culture, $"| {(groups.Count > 1 ? "variant" : "")} | dsd | {string.Join(" | ", arms.Skip(1).Select(a => $"dsd − {a}"))} |\n|---|--:|{string.Concat(arms.Skip(1).Select(_ => "--:|"))}\n");
        foreach (var group in groups)
        {
            var mean = trials.Values.Where(v => v.Group == group && v.Arm == arms[0]).Average(v => v.Value);
            text.Append(s_culture, $"| {(groups.Count > 1 ? group : "")} | {(scale * mean).ToString(digits, s_culture)} |");
            foreach (var arm in arms.Skip(1))
            {
                var i = contrasts.FindIndex(c => c.Group == group && c.Arm == arm);
                text.Append(s_culture, $" {Cell(contrasts[i].Difference, holm[i] < 0.05)} |");
            }

            text.Append('\n');
        }

        if (isTest)
        {
            // What the paper mostly compares with: the model that was not trained on.
            var own = rows.Where(r => At(r, "arm") == arms[0] && At(r, "selected") == "yes" && At(r, "split") == "validation").GroupBy(r => At(r, "seed"));
            var gain = PairedDifference.Of(own.Select(seed => double.Parse(At(seed.Last(), metric), s_culture) - double.Parse(At(seed.First(), metric), s_culture)));
            var name = metric == "accuracy" ? $"{study}, points" : $"{study}, {unit}{(lessIsBetter.Length > 0 ? " (less is better)" : "")}";
            var cells = contrasts.Select((c, i) => Cell(c.Difference, holm[i] < 0.05)).Prepend(Cell(gain, false));
            summary.Add($"| [{name}](#{study}) | {contrasts[0].Difference.Differences.Count.ToString(s_culture)} | {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();

        string Signed(double value) => (scale * value).ToString($"+{digits};−{digits};{digits}", s_culture);

        string Cell(PairedDifference d, bool isShown) => $"{Signed(d.Differences.Mean)} [{Signed(d.Interval!.Value.Low)}, {Signed(d.Interval!.Value.High)}]{(isShown ? "*" : "")}";
    }
}
