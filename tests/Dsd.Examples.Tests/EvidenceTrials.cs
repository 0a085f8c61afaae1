using System.Globalization;
using Dsd.Data;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;

namespace Dsd.Examples.Tests;

/// <summary>The trials of a study of the evidence, from their CSV: the study's results, and differences at other moments than its end.</summary>
internal sealed class EvidenceTrials
{
    private const double Level = 0.05;
    private readonly List<Trial> _judged;

    private EvidenceTrials(StudyResults results, Csv csv)
    {
        Results = results;
        Assert.NotEqual(MetricGoal.Undeclared, Metric.Goal);
        var trials = csv.Rows
            .GroupBy(r => (Group: csv.At(r, "group"), Arm: csv.At(r, "arm"), Treatment: csv.At(r, "treatment"), Seed: csv.At(r, "seed")))
            .Select(rows => (
                IsJudged: csv.At(rows.First(), "outcome") == "completed" && csv.At(rows.First(), "selected") == "yes",
                IsFailed: csv.At(rows.First(), "outcome") == "failed",
                Value: new Trial(rows.Key.Group, rows.Key.Arm, rows.Key.Treatment, rows.Key.Seed, [.. rows.Select(r => Row.Of(csv, r, Metric))])))
            .ToList();
        _judged = [.. trials.Where(t => t.IsJudged).Select(t => t.Value)];
        IsTest = _judged.Exists(t => t.Test is not null);
        Count = trials.Select(t => (t.Value.Treatment, t.Value.Seed)).Distinct().Count();
        Failed = trials.Where(t => t.IsFailed).Select(t => (t.Value.Treatment, t.Value.Seed)).Distinct().Count();
        Groups = [.. _judged.Select(t => t.Group).Distinct()];
        Arms = [.. _judged.Select(t => t.Arm).Distinct()];
    }

    /// <summary>The study's results, as Dsd reports them.</summary>
    public StudyResults Results { get; }

    /// <summary>The main metric.</summary>
    public Metric Metric => Results.Metric;

    /// <summary>Whether the test split was read.</summary>
    public bool IsTest { get; }

    /// <summary>How many trials were trained, those of several variants once.</summary>
    public int Count { get; }

    /// <summary>How many of them failed.</summary>
    public int Failed { get; }

    /// <summary>The variants.</summary>
    public List<string> Groups { get; }

    /// <summary>The arms, the first of which the others are compared with.</summary>
    public List<string> Arms { get; }

    public static EvidenceTrials Read(string study)
    {
        var plan = StudyPlan.Resolve(Study.FromJson(File.ReadAllText(Path.Combine(Evidence.Folder, "studies", study + ".json"))), new CatalogTrials());
        var text = File.ReadAllText(Path.Combine(Evidence.Folder, study, "trials.csv"));
        return new(StudyResults.FromCsv(plan, text), new(text));
    }

    /// <summary>Whether the first arm less another differs from 0 in the main metric at the end, after Holm's correction over the study.</summary>
    public bool IsShown(string group, string arm) => Results.Contrasts.First(c => c.Group == group && c.Other == arm).AdjustedPValue < Level;


    /// <summary>The positions and names of the sparse phases of a variant's first arm.</summary>
    public List<(int Phase, string Name)> SparsePhases(string group) =>
        [.. _judged.First(t => t.Group == group && t.Arm == Arms[0]).Phases.Index().Where(p => p.Item.Sparsity > 0).Select(p => (p.Index, p.Item.Phase))];

    /// <summary>The treatments of a variant's first arm and what its first phase came to, one a seed.</summary>
    public IEnumerable<(string Group, string Treatment, string Seed, Row End)> FirstPhases() =>
        _judged.Where(t => t.Arm == Arms[0]).Select(t => (t.Group, t.Treatment, t.Seed, t.Phases[0]));

    /// <summary>The mean of an arm over its seeds.</summary>
    public double Mean(string group, string arm, Metric metric, Moment at) => Values(group, arm, metric, at).Values.Average();

    /// <summary>The first arm less another, seed by seed.</summary>
    public PairedDifference Difference(string group, string arm, Metric metric, Moment at) => Difference(group, (Arms[0], at), (arm, at), metric);

    /// <summary>An arm at a moment less an arm at a moment, seed by seed.</summary>
    public PairedDifference Difference(string group, (string Arm, Moment At) first, (string Arm, Moment At) second, Metric metric)
    {
        var others = Values(group, second.Arm, metric, second.At);
        return PairedDifference.Between(Values(group, first.Arm, metric, first.At).Where(v => others.ContainsKey(v.Key)).Select(v => (v.Value, others[v.Key])));
    }

    private Dictionary<string, double> Values(string group, string arm, Metric metric, Moment at) =>
        _judged.Where(t => t.Group == group && t.Arm == arm).ToDictionary(t => t.Seed, t => t.At(at).Value(metric));

    /// <summary>A line of the CSV: what was measured at the end of a phase, or on test.</summary>
    internal sealed record Row(string Phase, string Split, string Steps, double Sparsity, string MainText, string LossText)
    {
        public static Row Of(Csv csv, CsvLine row, Metric metric) => new(
            csv.At(row, "phase"),
            csv.At(row, "split"),
            csv.At(row, "steps"),
            double.TryParse(csv.At(row, "sparsity"), CultureInfo.InvariantCulture, out var sparsity) ? sparsity : 0,
            csv.At(row, metric.Name.Replace(' ', '_')),
            csv.At(row, "loss"));

        public double Value(Metric metric) => double.Parse(metric == Metric.Loss ? LossText : MainText, CultureInfo.InvariantCulture);
    }

    private sealed record Trial(string Group, string Arm, string Treatment, string Seed, List<Row> Rows)
    {
        public List<Row> Phases { get; } = Rows.FindAll(r => r.Split == "validation");

        public Row? Test { get; } = Rows.Find(r => r.Split == "test");

        public Row At(Moment moment) => moment.Phase is { } phase ? Phases[phase] : Test ?? Phases[^1];
    }
}
