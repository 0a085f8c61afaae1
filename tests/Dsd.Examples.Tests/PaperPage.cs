using System.Globalization;
using System.Text;
using System.Text.Json;
using Dsd.Data;
using Dsd.Models;
using Dsd.Records;
using Dsd.Schedules;

namespace Dsd.Examples.Tests;

/// <summary>The tables of the page on the paper's networks: counts from their shapes, figures from the records of their runs.</summary>
internal static class PaperPage
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>Parameters as published, for 1000 classes, 2,538 words, or 29 and 54 characters.</summary>
    private static readonly (string Network, int Inputs, int Classes, long Published, string Remark)[] s_counts =
    [
        ("googlenet", 3, 1000, 13_004_888, "with both auxiliary heads; 6,624,904 without, which is what is evaluated"),
        ("vgg16", 3, 1000, 138_357_544, ""),
        ("vgg16-bn", 3, 1000, 138_365_992, "the form with batch norm, which the paper did not train"),
        ("resnet-18", 3, 1000, 11_689_512, ""),
        ("resnet-50", 3, 1000, 25_557_032, ""),
        ("alexnet", 3, 1000, 61_100_840, "torchvision's form"),
        ("squeezenet", 3, 1000, 1_248_424, "1.0, torchvision's form"),
        ("neural-talk", 4096, 2538, 2_876_138, "1,048,832 + 649,728 + 525,312 + 652,266; the LSTM's bias is apart from its pruned matrices"),
        ("deep-speech", 161, 29, 8_139_805, ""),
        ("deep-speech-2", 161, 54, 67_740_718, "the paper prints 95,054 for the last layer, which has 1760·54 + 54 = 95,094: 40 more"),
    ];

    /// <summary>The factors of rates in runs that were made before each phase had a decay of its own, where they were others than today's.</summary>
    private static readonly Dictionary<string, double> s_factorsBefore = new() { ["deep-speech"] = 1.25, ["deep-speech-2"] = 1 };

    public static string Folder { get; } = Path.Combine(Repository.Root, "notebooks", "evidence", "paper");

    /// <summary>The networks with a preset, in the catalog's order.</summary>
    public static IEnumerable<ModelEntry> Networks => ModelCatalog.All.Where(m => m.Paper is not null);

    /// <summary>What a GPU is taken to do in a second, multiplications and additions each counted.</summary>
    private const double OperationsPerSecond = 50e12;

    public static string WithTables(string page) =>
        new[] { ("counts", Counts()), ("paper", Published()), ("runs", Runs()), ("full size", FullSize()), ("feeding", Feeding()), ("work", Work()) }
            .Aggregate(page, (text, table) => Evidence.With(text, table.Item1, table.Item2));

    private static string Counts()
    {
        var text = new StringBuilder("| network | parameters here | as published | |\n|---|--:|--:|---|\n");
        foreach (var (network, inputs, classes, published, remark) in s_counts)
        {
            text.Append(s_culture, $"| {network} | {ModelCatalog.Get(network).Shape(inputs, classes).Count:N0} | {published:N0} | {remark} |\n");
        }

        return text.ToString();
    }

    private static string Published()
    {
        var text = new StringBuilder("| network | data | sparsity | epochs | rates | figure | before → after |\n|---|---|---|---|---|---|---|\n");
        foreach (var (network, paper) in Networks.Select(n => (n.Name, n.Paper!)))
        {
            var phases = paper.Schedule.Phases;
            var sparsity = string.Join(", ", phases.Where(p => !p.IsDense).Select(p => string.Create(s_culture, $"{100 * p.Sparsity.To.Value:0.#} %")));
            var epochs = string.Join(" / ", phases.Select(p => p.Duration.Amount.ToString(s_culture)));
            var rates = string.Join(" / ", phases.Select(p => p.Rate.From.ToString("0.######", s_culture)));
            foreach (var (figure, i) in paper.Figures.GroupBy(f => f.Metric).Select((f, i) => (f, i)))
            {
                var stages = string.Join(" → ", figure.Select(f => string.Create(s_culture, $"{f.Value:0.0#} ({f.Stage})")));
                text.Append(s_culture, $"| {(i == 0 ? network : "")} | {(i == 0 ? paper.Config.Data : "")} | {(i == 0 ? sparsity : "")} | {(i == 0 ? epochs : "")} | {(i == 0 ? rates : "")} | {figure.Key} | {stages} |\n");
            }
        }

        return text.ToString();
    }

    private static string Runs()
    {
        var text = new StringBuilder("| network | in the paper | here, on | epochs | dsd | control | with no network | dsd − control | minutes |\n|---|---|---|--:|--:|--:|---|--:|--:|\n");
        var runs = new List<(string Network, PaperRun Run)>();
        var before = new List<string>();
        foreach (var network in Networks)
        {
            var figures = network.Paper!.Figures.GroupBy(f => f.Metric).FirstOrDefault();
            var published = figures is null ? "–" : string.Create(
                s_culture, $"{figures.Key} {figures.First().Value:0.0#} → {figures.Last(f => !f.Stage.StartsWith("plain", StringComparison.Ordinal)).Value:0.0#}");
            var record = Path.Combine(Folder, $"{network.Name}.json");
            if (!File.Exists(record))
            {
                text.Append(s_culture, $"| {network.Name} | {published} | not run yet | | | | | | |\n");
                continue;
            }

            var run = PaperRun.Read(record);
            runs.Add((network.Name, run));
            var paper = network.Paper!;
            var small = paper.SmallConfig;
            var isToday = run.Rates.SequenceEqual(paper.SmallSchedule.Phases.Select(p => p.Rate.ToString()));
            if (!isToday)
            {
                before.Add(network.Name);
            }

            var factor = isToday ? paper.SmallRateFactor : s_factorsBefore.GetValueOrDefault(network.Name, paper.SmallRateFactor);
            var (metric, dsd, control) = (run.Metric, run.Arms["dsd"], run.Arms["control"]);
            var baselines = run.Baselines.Select(b => $"{b.Key} {metric.ShowSize(b.Value)}");
            var width = small.Width == 1 ? "" : string.Create(s_culture, $", width {small.Width}");
            var size = small.ImageSize is { } side ? string.Create(s_culture, $", {side}×{side}") : "";
            var how = string.Create(s_culture, $"{small.Optimizer.Kind}, rates × {factor}");
            var difference = run.Collapsed.Count > 0 ? $"invalid run ({string.Join(" and ", run.Collapsed)} collapsed)" : metric.ShowDifference(dsd - control);
            text.Append(s_culture, $"| {network.Name} | {published} | {run.Data}{width}{size}; {how} | {paper.SmallEpochs} | {metric.Name} {metric.ShowSize(dsd)} | {metric.ShowSize(control)} | {string.Join("; ", baselines)} | {difference}{OverSeeds(network.Name)} | {run.Seconds / 60:0.0} |\n");
        }

        var valid = runs.FindAll(r => r.Run.Collapsed.Count == 0);
        var invalid = runs.Except(valid).Select(r => r.Network).DefaultIfEmpty("none");
        var below = valid.FindAll(r => !r.Run.BeatsAllBaselines).Select(r => r.Network).DefaultIfEmpty("none");
        text.Append(s_culture, $"\n{valid.Count} of {runs.Count} runs are valid; invalid: {string.Join(", ", invalid)}. Valid ones in which an arm does not beat every rule that needs no network: {string.Join(", ", below)}.\n");
        if (before.Count > 0)
        {
            text.Append(s_culture, $"\n**{before.Count} of {runs.Count} runs are older than today's presets**: {string.Join(", ", before)}. In them each phase's rate fell along a cosine to where the next phase began, in the last to a tenth, and not to a hundredth of its own start. With today's presets these have not been run to the end yet; `notebooks/evidence/paper.sh NAME` does it.\n");
        }

        return text.ToString();
    }

    /// <summary>The same difference in the study of that network, where there is one, and that of the loss.</summary>
    private static string OverSeeds(string network)
    {
        if (!Evidence.Studies.Contains(network))
        {
            return "";
        }

        var (metric, difference) = (Evidence.TrialsOf(network).Metric, Evidence.ToControl(network));
        return string.Create(s_culture, $"; over {difference.Differences.Count} seeds {difference.Show(metric)}, loss {Evidence.ToControl(network, Metric.Loss, Moment.End).Show(Metric.Loss)}");
    }

    /// <summary>The rows of the benchmark of that name, of which each network has two.</summary>
    private static string FullSize()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "full-size.json")));
        var rows = document.RootElement.GetProperty("rows").EnumerateArray().ToDictionary(r => r.GetProperty("what").GetString()!, r => r.GetProperty("value").GetDouble());
        var text = new StringBuilder("| network | most memory, GB | a sparse step, s |\n|---|--:|--:|\n");
        foreach (var name in Networks.Select(n => n.Name))
        {
            var (peak, step) = (rows.Single(r => r.Key.StartsWith($"{name}: peak", StringComparison.Ordinal)).Value, rows[$"{name}: a sparse step"]);
            text.Append(s_culture, $"| {name} | {peak:0.00} | {step:0.00} |\n");
        }

        return text.ToString();
    }

    private static string Feeding()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "feeding.json")));
        var text = new StringBuilder("| | median | quartiles | |\n|---|--:|--:|---|\n");
        foreach (var row in document.RootElement.GetProperty("rows").EnumerateArray())
        {
            string Text(string name) => row.GetProperty(name).GetString()!;
            string Number(string name) => row.GetProperty(name).GetDouble() is var value && value >= 100 ? value.ToString("N0", s_culture) : value.ToString("G2", s_culture);
            var unit = Text("unit") is "1/s" ? "" : $" {Text("unit")}";
            text.Append(s_culture, $"| {Text("what")} | {Number("value")}{unit} | {Number("low")} – {Number("high")} | {Text("note")} |\n");
        }

        return text.ToString();
    }

    private static string Work()
    {
        var text = new StringBuilder("| network | multiply-adds an image, 10⁹ | images for both arms, 10⁶ | days at 50·10¹² operations a second | GB for a batch of 256 |\n|---|--:|--:|--:|--:|\n");
        foreach (var entry in Networks.Where(n => n.Kind == TaskKind.Images))
        {
            using var network = (ImageNetwork)entry.Create(3, ImageNet.Classes);
            var (multiplyAdds, activations) = network.Layers.Effort(224, 224);
            var epochs = entry.Paper!.Schedule.Phases.Select((p, i) => (i == 0 ? 1 : 2) * p.Duration.Amount).Sum();
            var images = epochs * ImageNet.TrainCount;

            // Two operations each, and going backward takes twice as many as going forward.
            var days = 2 * 3 * multiplyAdds * images / OperationsPerSecond / 86_400;

            // Weights, gradients and momentum; each value that a layer gives.
            var bytes = sizeof(float) * ((3L * entry.Shape(3, ImageNet.Classes).Count) + ((long)entry.Paper.Config.Batch * activations));
            text.Append(s_culture, $"| {entry.Name} | {multiplyAdds / 1e9:0.00} | {images / 1e6:0} | {days:0.0} | {bytes / 1e9:0} |\n");
        }

        return text.ToString();
    }
}
