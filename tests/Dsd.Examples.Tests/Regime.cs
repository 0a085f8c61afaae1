using System.Globalization;
using System.Text;
using Dsd.Records;
using Dsd.Statistics;
using Dsd.Studies;
using static Dsd.Examples.Tests.Evidence;

namespace Dsd.Examples.Tests;

/// <summary>The state in which a study's first phase leaves its network: how far it is from converged, and how far it overfits.</summary>
internal sealed record Regime
{
    /// <summary>From this ratio of validation to training loss on, a first phase is said to overfit.</summary>
    private const double LeastRatio = 1.5;

    /// <summary>From this fraction of the validation loss on that training on takes off it, a first phase is said to be far from converged.</summary>
    private const double LeastGain = 0.05;

    private Regime(IReadOnlyList<(string Study, string Group)> users, List<Measured> lines, List<Measured> seeds)
    {
        Users = users;
        Lines = lines;
        Seeds = seeds;

        // Of sweeps that share a first phase, the one with the most pairs.
        var largest = users.MaxBy(u => TrialsOf(u.Study).Difference(u.Group, "control", Metric, Moment.End).Differences.Count);
        Study = largest.Study;
        var trials = TrialsOf(Study);
        TrainedOn = trials.Arms.Contains("plain") ? "plain" : "control";
        Gain = trials.Difference(largest.Group, (TrainedOn, Moment.EndOnValidation), (trials.Arms[0], Moment.EndOf(0)), Metric);
        LossGain = trials.Difference(largest.Group, (TrainedOn, Moment.EndOnValidation), (trials.Arms[0], Moment.EndOf(0)), Metric.Loss);
    }

    /// <summary>Every first phase that was trained: far from converged ones first, then by the ratio of losses.</summary>
    public static IReadOnlyList<Regime> All { get; } = Read();

    /// <summary>The studies and their variants that begin with it.</summary>
    public IReadOnlyList<(string Study, string Group)> Users { get; }

    /// <summary>The study whose arms show what further training does.</summary>
    public string Study { get; }

    /// <summary>Its lines of regime.csv, of every study.</summary>
    public List<Measured> Lines { get; }

    /// <summary>What was measured, seed by seed; the same in every study that begins with it.</summary>
    public List<Measured> Seeds { get; }

    /// <summary>The arm that shows what further training does: plain training of the whole budget, in sweeps the control.</summary>
    public string TrainedOn { get; }

    /// <summary>That arm's end less the first phase's, on validation, over all seeds of the study.</summary>
    public PairedDifference Gain { get; }

    /// <summary>The same of the loss.</summary>
    public PairedDifference LossGain { get; }

    public Metric Metric => TrialsOf(Users[0].Study).Metric;

    public double TrainLoss => Seeds.Average(s => s.TrainLoss);

    public double ValidationLoss => Seeds.Average(s => s.ValidationLoss);

    public double Ratio => ValidationLoss / TrainLoss;

    public bool Overfits => Ratio >= LeastRatio;

    public bool IsFarFromConverged => !Overfits && -LossGain.Differences.Mean >= LeastGain * ValidationLoss;

    public string Word => Overfits ? "overfits" : IsFarFromConverged ? "far from converged" : "in between";

    public static string Table()
    {
        var text = new StringBuilder(Invariant($"At the end of each first phase, on the training / validation split without augmentation, the means of the seeds that were measured; then by how much training on changes the validation figures, the mean of all seeds of the study: plain training of the whole budget, or in sweeps, which have none, the control. Fractions in per cent, their differences in points. *Overfits*: the validation loss is at least {LeastRatio} times the training loss. *Far from converged*: otherwise, where training on takes at least {100 * LeastGain:0} % off the validation loss. Both lines were drawn when the numbers were known: they name groups and test nothing.\n\n"));
        text.Append("| first phase of | regime | steps | seeds | training / validation | loss | ratio | trained on | loss, trained on |\n|---|---|--:|--:|---|--:|--:|--:|--:|\n");
        foreach (var regime in All)
        {
            var metric = regime.Metric;
            text.Append(Invariant($"| {regime.Label} | {regime.Word} | {regime.Seeds[0].Steps} | {regime.Seeds.Count} "));
            text.Append(Invariant($"| {metric.Name} {metric.Bare(regime.Seeds.Average(s => s.Train))} / {metric.Bare(regime.Seeds.Average(s => s.Validation))} "));
            text.Append(Invariant($"| {Metric.Loss.Bare(regime.TrainLoss)} / {Metric.Loss.Bare(regime.ValidationLoss)} | {regime.Ratio:0.00} "));
            text.Append(Invariant($"| {regime.TrainedOn} {metric.ShowDifference(regime.Gain.Differences.Mean)} | {Metric.Loss.ShowDifference(regime.LossGain.Differences.Mean)} |\n"));
        }

        return text.ToString();
    }

    /// <summary>The study; with its variants where it has several first phases. What sweeps share has no name of its own.</summary>
    private string Label
    {
        get
        {
            var groups = Users.Select(u => u.Group).ToList();
            return Users.Select(u => u.Study).Distinct().Count() > 1 ? "sweeps, all other variants"
                : groups.Count == TrialsOf(Study).Groups.Count ? Link(Study)
                : $"{Link(Study)} ({string.Join("; ", groups)})";
        }
    }

    private static string Link(string study) => TrialsOf(study).IsTest ? $"[{study}](#{study})" : study;

    private static IReadOnlyList<Regime> Read()
    {
        var csv = Csv.Read(Path.Combine(Folder, "regime.csv"));
        var byTreatment = csv.Rows
            .Select(r => Measured.Of(csv, r))
            .GroupBy(m => (m.Study, m.Treatment))
            .Select(g => (g.Key, Seeds: g.ToList()));

        // Sweeps that begin alike have the same numbers of the same seed.
        return
        [
            .. byTreatment
                .GroupBy(t => t.Seeds.MinBy(s => s.Seed)! with { Study = "", Treatment = "" })
                .Select(alike => new Regime(
                    [.. alike.SelectMany(t => UsersOf(t.Key.Study, t.Key.Treatment))],
                    [.. alike.SelectMany(t => t.Seeds)],
                    alike.MaxBy(t => t.Seeds.Count).Seeds))
                .OrderBy(r => r.Overfits)
                .ThenBy(r => !r.IsFarFromConverged)
                .ThenBy(r => r.Ratio),
        ];
    }

    /// <summary>The variants of a study that begin with the first phase of a treatment: those of the same end of it.</summary>
    private static IEnumerable<(string Study, string Group)> UsersOf(string study, string treatment)
    {
        var phases = TrialsOf(study).FirstPhases().ToList();
        var ends = phases.Where(p => p.Treatment == treatment).Select(p => (p.Seed, p.End)).ToHashSet();
        return phases.Where(p => ends.Contains((p.Seed, p.End))).Select(p => (study, p.Group)).Distinct();
    }

    /// <summary>A line of regime.csv.</summary>
    internal sealed record Measured(string Study, string Treatment, long Seed, long Steps, string Metric, double Train, double TrainLoss, double Validation, double ValidationLoss)
    {
        public static Measured Of(Csv csv, CsvLine row)
        {
            double Number(string title) => double.Parse(csv.At(row, title), CultureInfo.InvariantCulture);
            return new(csv.At(row, "study"), csv.At(row, "treatment"), (long)Number("seed"), (long)Number("steps"), csv.At(row, "metric"), Number("train"), Number("train_loss"), Number("validation"), Number("validation_loss"));
        }
    }
}
