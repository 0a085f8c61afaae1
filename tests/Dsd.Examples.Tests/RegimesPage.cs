using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Dsd.Data;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;
using static Dsd.Examples.Tests.Evidence;

namespace Dsd.Examples.Tests;

/// <summary>The tables of the page on regimes, worked out from the trials of its studies.</summary>
internal static class RegimesPage
{
    public const string Path = $"{Folder}/README.md";
    public const string Folder = "notebooks/evidence/regimes";
    public const string Dsd = "dsd";
    public const string Control = "control";
    public const string Random = "random-mask";
    public const string EqualNorm = "random-equal-norm";

    /// <summary>The regimes in the order of the page, each with its words.</summary>
    private static readonly (string Study, string Words)[] s_regimes =
    [
        ("noise-40", "40 % wrong labels"),
        ("noise-20", "20 % wrong labels"),
        ("noise-10", "10 % wrong labels"),
        ("clean", "12,800 clean"),
        ("small", "2,000 clean"),
        ("full", "55,000 clean"),
    ];

    private static readonly ConcurrentDictionary<string, StudyResults> s_results = new(StringComparer.Ordinal);

    /// <summary>The sparsities of every regime.</summary>
    public static IReadOnlyList<double> Sparsities { get; } = [0.3, 0.5, 0.8, 0.9];

    /// <summary>All studies of the folder.</summary>
    public static IReadOnlyList<string> Studies { get; } = [.. Directory.GetFiles(System.IO.Path.Combine(Repository.Root, Folder, "studies"), "*.json").Select(f => System.IO.Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    /// <summary>The results of the regimes.</summary>
    public static IReadOnlyList<(string Words, StudyResults Results)> Regimes { get; } = [.. s_regimes.Select(r => (r.Words, ResultsOf(r.Study)))];

    /// <summary>The page with the tables between its markers as the trials give them.</summary>
    public static string WithTables(string page) => new (string Name, Func<string> Table)[]
    {
        ("gates", () => Gates(Regimes)),
        ("effects", () => Effects(Dsd, "")),
        ("effects-sparse", () => Effects(Dsd, "sparse")),
        ("rates", Rates),
        ("random", () => Effects(Random, "")),
        ("equal-norm", () => Effects(EqualNorm, "")),
        ("own", Own),
        ("why", Why),
    }.Concat(RegimesTables.All()).Aggregate(page, (text, table) => With(text, table.Name, table.Table()));

    /// <summary>The name of a regime's group.</summary>
    public static string Group(double sparsity, int rates = 1) => Invariant($"sparsity {sparsity}, later rates × {rates}");

    /// <summary>An arm less the control on test at the end, in accuracy and at the paper's rates unless said otherwise.</summary>
    public static PairedDifference Effect(string study, double sparsity, string arm, Metric? metric = null, int rates = 1)
    {
        var results = ResultsOf(study);
        return Difference(results, Group(sparsity, rates), arm, Control, metric ?? results.Metric, "");
    }

    /// <summary>The same with its interval, as it stands in tables.</summary>
    public static string Accuracy(string study, double sparsity, string arm) => Effect(study, sparsity, arm).Show(Metric.Accuracy);

    /// <summary>The end of an arm on test less the end of its first phase.</summary>
    public static PairedDifference OverFirstPhase(StudyResults results, string group, string arm, Metric metric) => Between(
        results.Values(group, arm, metric, DataSplit.Test),
        results.Values(group, arm, metric, DataSplit.Test, "dense"));

    /// <summary>The results of a study, from its record, which is read once.</summary>
    public static StudyResults ResultsOf(string study) => s_results.GetOrAdd(study, Read);

    private static StudyResults Read(string study)
    {
        using var packed = new GZipStream(File.OpenRead(System.IO.Path.Combine(Repository.Root, Folder, study, "trials.csv.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        return StudyResults.FromCsv(PlanOf(study), reader.ReadToEnd());
    }

    /// <summary>The plan of a study.</summary>
    public static StudyPlan PlanOf(string study) => StudyPlan.Resolve(Study.FromJson(Repository.Read($"{Folder}/studies/{study}.json")), new CatalogTrials());

    /// <summary>A difference with its interval; a star where it is shown after correction, a dagger where a gate was missed.</summary>
    public static string Cell(StudyResults results, string group, string first, string other, Metric metric, string phase)
    {
        var difference = Difference(results, group, first, other, metric, phase).Show(metric);
        var judged = metric == results.Metric ? results.Contrasts.FirstOrDefault(c => (c.Group, c.First, c.Other, c.Phase) == (group, first, other, phase)) : null;
        return difference + (!IsTestable(results, group) ? "†" : judged?.AdjustedPValue < 0.05 ? "*" : "");
    }

    /// <summary>Whether a group of a study met its gates, as its contrasts say.</summary>
    private static bool IsTestable(StudyResults results, string group) => results.Contrasts.First(c => c.Group == group).NotTestable is null;

    /// <summary>What studies had learnt after their first phase, and whether they can answer.</summary>
    public static string Gates(IEnumerable<(string Words, StudyResults Results)> studies)
    {
        var text = new StringBuilder("| | seeds | train / validation after the first phase | gap | a quarter longer − as it is | converged | recovered | not testable |\n|---|--:|--:|--:|--:|--:|--:|---|\n");
        foreach (var (words, results) in studies)
        {
            var (metric, group) = (results.Metric, results.Plan.Groups[0]);
            var train = results.Values(group, Dsd, metric, DataSplit.Train, "dense");
            var validation = results.Values(group, Dsd, metric, DataSplit.Validation, "dense");
            var (converged, recovered) = (Of("converged"), Of("recovered"));
            var longer = converged.First(g => g.Group == group);
            var missed = results.Plan.Groups.Where(g => !IsTestable(results, g)).ToList();
            text.Append(Invariant($"| {words} | {train.Count} | {metric.Bare(train.Values.Average())} / {metric.Bare(validation.Values.Average())} | {metric.Bare(Math.Abs(train.Values.Average() - validation.Values.Average()))} | {metric.ShowDifference(longer.Measured!.Value)} [{metric.ShowDifference(longer.Interval!.Value.Low)}, {metric.ShowDifference(longer.Interval!.Value.High)}] | {Met(converged)} | {Met(recovered)} | {Missed(missed)} |\n"));

            List<GateResult> Of(string gate) => [.. results.Gates.Where(g => g.Gate == gate)];
            string Missed(List<string> missed) => missed.Count == 0 ? "–" : missed.Count == results.Plan.Groups.Count ? "all" : string.Join("; ", missed.Select(Short));
            static string Short(string group) => group.Length == 0 ? "the study" : group.Replace("sparsity ", "", StringComparison.Ordinal).Replace(", later rates", "", StringComparison.Ordinal);
            static string Met(List<GateResult> gates) => Invariant($"{gates.Count(g => g.IsMet == true)} of {gates.Count}");
        }

        return text.ToString();
    }

    /// <summary>An arm less the control at the paper's rates, accuracy and loss on test, by sparsity.</summary>
    private static string Effects(string arm, string phase)
    {
        var text = new StringBuilder(Invariant($"| {arm} − control | | {string.Join(" | ", Sparsities.Select(s => Invariant($"{100 * s} %")))} |\n|---|---|{string.Concat(Sparsities.Select(_ => "--:|"))}\n"));
        foreach (var (words, results) in Regimes)
        {
            Row(words, results.Metric);
            Row("", Metric.Loss);

            void Row(string title, Metric metric) => text.Append(Invariant($"| {title} | {metric.Name} | {string.Join(" | ", Sparsities.Select(s => Cell(results, Group(s), arm, Control, metric, phase)))} |\n"));
        }

        return text.ToString();
    }

    /// <summary>What the mask does where the later phases have higher rates, and what these do without a mask.</summary>
    private static string Rates()
    {
        var text = new StringBuilder("| dsd − control, accuracy | rates | 30 % | 50 % | 80 % | 90 % | control, beside × 1 |\n|---|---|--:|--:|--:|--:|--:|\n");
        foreach (var (words, results) in Regimes)
        {
            foreach (var rates in new[] { 1, 3, 10 })
            {
                var beside = rates == 1 ? "–" : Between(Of(rates), Of(1)).Show(results.Metric);
                text.Append(Invariant($"| {(rates == 1 ? words : "")} | × {rates} | {string.Join(" | ", Sparsities.Select(s => Cell(results, Group(s, rates), Dsd, Control, results.Metric, "")))} | {beside} |\n"));
            }

            IReadOnlyDictionary<long, double> Of(int rates) => results.Values(Group(0.3, rates), Control, results.Metric, DataSplit.Test);
        }

        return text.ToString();
    }

    /// <summary>The end of dsd less that of its own first phase: what the paper mostly compares.</summary>
    private static string Own()
    {
        var text = new StringBuilder(Invariant($"| end − first phase | | {string.Join(" | ", Sparsities.Select(s => Invariant($"dsd, {100 * s} %")))} | control |\n|---|---|{string.Concat(Sparsities.Select(_ => "--:|"))}--:|\n"));
        foreach (var (words, results) in Regimes)
        {
            foreach (var metric in new[] { results.Metric, Metric.Loss })
            {
                text.Append(Invariant($"| {(metric == Metric.Loss ? "" : words)} | {metric.Name} | {string.Join(" | ", Sparsities.Select(s => Gain(s, Dsd)))} | {Gain(0.3, Control)} |\n"));

                string Gain(double sparsity, string arm) => OverFirstPhase(results, Group(sparsity), arm, metric).Show(metric);
            }
        }

        return text.ToString();
    }

    /// <summary>What was measured at the ends of phases, the means over the seeds of why.csv.</summary>
    private static string Why()
    {
        var csv = Csv.Read(System.IO.Path.Combine(Repository.Root, Folder, "why.csv"));
        var text = new StringBuilder("| at the end of | network | validation | memorised | corrected | calibration error | from the first phase | from the start | sharpness |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (var ends in csv.Rows.Where(r => csv.At(r, "phase") is "dense" or "sparse" or "redense")
            .GroupBy(r => (Regime: csv.At(r, "regime"), Phase: csv.At(r, "phase"), Arm: csv.At(r, "arm")))
            .OrderByDescending(g => g.Key.Regime, StringComparer.Ordinal).ThenBy(g => Array.IndexOf(["dense", "sparse", "redense"], g.Key.Phase)))
        {
            text.Append(Invariant($"| {ends.Key.Regime}, {ends.Key.Phase} | {(ends.Key.Arm == "shared" ? "first phase" : ends.Key.Arm)} | {Percent("validation")} | {Percent("memorised")} | {Percent("corrected")} | {Mean("ece"):0.000} | {Mean("from_dense"):0.00} | {Mean("from_initial"):0.00} | {Mean("sharpness"):0.0} |\n"));

            double? Mean(string column) => ends.Select(r => csv.At(r, column)).All(c => c.Length > 0) ? ends.Average(r => double.Parse(csv.At(r, column), CultureInfo.InvariantCulture)) : null;
            string Percent(string column) => Mean(column) is { } mean ? Invariant($"{100 * mean:0.0}") : "–";
        }

        return text.ToString();
    }

    /// <summary>An arm less another on test, at the end of a phase or of training.</summary>
    public static PairedDifference Difference(StudyResults results, string group, string first, string other, Metric metric, string phase) =>
        Between(results.Values(group, first, metric, DataSplit.Test, phase), results.Values(group, other, metric, DataSplit.Test, phase));

    /// <summary>What the first less the other is, over the seeds that both have.</summary>
    public static PairedDifference Between(IReadOnlyDictionary<long, double> first, IReadOnlyDictionary<long, double> other) =>
        PairedDifference.Between(first.Where(v => other.ContainsKey(v.Key)).Select(v => (v.Value, other[v.Key])));
}
