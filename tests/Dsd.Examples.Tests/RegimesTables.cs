using System.Text;
using Dsd.Data;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using static Dsd.Examples.Tests.Evidence;
using static Dsd.Examples.Tests.RegimesPage;

namespace Dsd.Examples.Tests;

/// <summary>The tables of the studies beside the regimes: lengths of the first phase, arms with choices of their own, other networks.</summary>
internal static class RegimesTables
{
    /// <summary>The tables, by their names on the page.</summary>
    public static IEnumerable<(string Name, Func<string> Table)> All() =>
    [
        ("length", () => Length(Of("length-noise", "length-clean"))),
        ("gates-others", () => Gates(Of("rivals-noise", "rivals-clean", "family-noise", "family-clean", "resnet-noise", "resnet-clean", "char-lstm", "neural-talk")
            .Select(s => (s.Results.Plan.Study.Name is var name && name == s.Words ? name : $"{name.Split('-')[0]}, {s.Words}", s.Results)))),
        ("rivals", () => Choices(Of("rivals-noise", "rivals-clean"))),
        ("family", () => Choices(Of("family-noise", "family-clean"))),
        ("resnet", () => EachMask("resnet-noise", "resnet-clean")),
        ("texts", () => EachMask("char-lstm", "neural-talk")),
    ];

    private static List<(string Words, StudyResults Results)> Of(params string[] studies) => [.. studies.Select(s => (
        s.EndsWith("-noise", StringComparison.Ordinal) ? "20 % wrong labels" : s.EndsWith("-clean", StringComparison.Ordinal) ? "clean" : s,
        ResultsOf(s)))];

    /// <summary>Masks less the control after first phases of several lengths.</summary>
    private static string Length(List<(string Words, StudyResults Results)> studies)
    {
        (string Title, string Arm, int Percent)[] columns = [("dsd, 50 %", RegimesPage.Dsd, 50), ("dsd, 80 %", RegimesPage.Dsd, 80), ("random, 50 %", RegimesPage.Random, 50), ("random, 80 %", RegimesPage.Random, 80)];
        var text = new StringBuilder(Invariant($"| epochs of the first phase | train / validation after it | | control | {string.Join(" | ", columns.Select(c => c.Title + " − control"))} |\n|---|--:|---|--:|{string.Concat(columns.Select(_ => "--:|"))}\n"));
        foreach (var (words, results) in studies)
        {
            foreach (var epochs in results.Plan.Groups.Select(g => g.Split(", ")[0]).Distinct())
            {
                var (metric, first) = (results.Metric, $"{epochs}, 50 %");
                Row($"{words}, {epochs.Split(' ')[0]}", $"{After(DataSplit.Train)} / {After(DataSplit.Validation)}", metric);
                Row("", "", Metric.Loss);

                string After(DataSplit split) => metric.Bare(results.Values(first, RegimesPage.Dsd, metric, split, "dense").Values.Average());
                void Row(string title, string regime, Metric of) => text.Append(Invariant($"| {title} | {regime} | {of.Name} | {of.Bare(results.Values(first, Control, of, DataSplit.Test).Values.Average())} | {string.Join(" | ", columns.Select(c => Cell(results, $"{epochs}, {c.Percent} %", c.Arm, Control, of, "")))} |\n"));
            }
        }

        return text.ToString();
    }

    /// <summary>Arms that each were selected among as many choices: their values on test, and dsd less each.</summary>
    private static string Choices(List<(string Words, StudyResults Results)> studies)
    {
        var text = new StringBuilder("| | arm | selected on validation | accuracy | loss | dsd − arm, accuracy | dsd − arm, loss |\n|---|---|---|--:|--:|--:|--:|\n");
        foreach (var (words, results) in studies)
        {
            foreach (var (nth, arm) in results.Arms.Index())
            {
                var dsd = results.Arms.First(a => a.Group == arm.Group && a.Arm == RegimesPage.Dsd);
                var chosen = arm.Candidates.Count > 1 ? arm.Selected!.Name.Replace(arm.Arm + "-", "", StringComparison.Ordinal) : "–";
                text.Append(Invariant($"| {(nth == 0 ? words : "")} | {arm.Arm} | {chosen} | {Mean(results.Metric)} | {Mean(Metric.Loss)} | {Less(results.Metric)} | {Less(Metric.Loss)} |\n"));

                string Mean(Metric metric) => metric.Bare(results.Values(arm.Group, arm.Arm, metric, DataSplit.Test).Values.Average());
                string Less(Metric metric) => arm == dsd ? "–" : Cell(results, arm.Group, RegimesPage.Dsd, arm.Arm, metric, "");
            }
        }

        return text.ToString();
    }

    private static string EachMask(params string[] studies) => string.Join("\n", Of(studies).Select(s => Masks(s.Words, s.Results)));

    /// <summary>Every mask of a study less its control, one column for each of the study's groups.</summary>
    private static string Masks(string words, StudyResults results)
    {
        var text = new StringBuilder(Invariant($"| {words} | less the control | {string.Join(" | ", results.Plan.Groups.Select(Title))} |\n|---|---|{string.Concat(results.Plan.Groups.Select(_ => "--:|"))}\n"));
        foreach (var arm in results.Plan.Study.Arms.Select(a => a.Name).Where(a => a != Control))
        {
            foreach (var metric in new[] { results.Metric, Metric.Loss })
            {
                text.Append(Invariant($"| {(metric == Metric.Loss ? "" : arm)} | {metric.Name} | {string.Join(" | ", results.Plan.Groups.Select(g => Cell(results, g, arm, Control, metric, "")))} |\n"));
            }
        }

        return text.ToString();

        string Title(string group) => results.Plan.Study.Variants is [var only] ? Invariant($"sparsity {only.Schedule.Phases.First(p => !p.IsDense).Sparsity.To.Value}") : group;
    }
}
