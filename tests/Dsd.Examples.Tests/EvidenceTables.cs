using System.Text;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;
using static Dsd.Examples.Tests.Evidence;

namespace Dsd.Examples.Tests;

/// <summary>The tables of studies on the evidence page: the main metric and the loss, at the end and at the end of the sparse phase.</summary>
internal static class EvidenceTables
{
    private const string RandomMask = "random-mask";

    /// <summary>A study that was judged on test: a row for each quantity and moment.</summary>
    public static string OnTest(string study)
    {
        var trials = TrialsOf(study);
        var (metric, group, others) = (trials.Metric, trials.Groups.Single(), trials.Arms.Skip(1).ToList());
        var text = new StringBuilder(Caption(trials, $"{metric.DifferenceUnit}, {metric.GoalText}; loss in nats, {Metric.Loss.GoalText}"));
        text.Append(Invariant($"|  | dsd | {string.Join(" | ", others.Select(a => $"dsd − {a}"))} |\n|---|--:|{string.Concat(others.Select(_ => "--:|"))}\n"));
        Row($"{metric.Name}, test", metric, Moment.End, others, arm => Star(trials, group, arm));
        Row("loss, test", Metric.Loss, Moment.End, others, _ => "");
        foreach (var (phase, name) in trials.SparsePhases(group))
        {
            // Arms that had masks of the same shape at that time, or none in phases of the same length.
            var comparable = others.Where(a => a is "control" or RandomMask).ToList();
            Row($"{metric.Name}, validation, at the end of *{name}*", metric, Moment.EndOf(phase), comparable, _ => "");
            Row($"loss, validation, at the end of *{name}*", Metric.Loss, Moment.EndOf(phase), comparable, _ => "");
        }

        return text.ToString();

        void Row(string title, Metric what, Moment at, List<string> arms, Func<string, string> star)
        {
            text.Append(Invariant($"| {title} | {what.Bare(trials.Mean(group, trials.Arms[0], what, at))} |"));
            foreach (var arm in others)
            {
                text.Append(Invariant($" {(arms.Contains(arm) ? trials.Difference(group, arm, what, at).Show(what) + star(arm) : "–")} |"));
            }

            text.Append('\n');
        }
    }

    /// <summary>A study of variants: what the mask does in each, and then the other arms of each.</summary>
    public static string OfSweep(string study)
    {
        var trials = TrialsOf(study);
        var metric = trials.Metric;
        var text = new StringBuilder(Caption(trials, $"dsd − control in {metric.DifferenceUnit}, {metric.GoalText}, and in nats of loss, {Metric.Loss.GoalText}"));
        text.Append(Invariant($"| variant | {metric.Name} of dsd | {metric.Name}, at the end | loss, at the end | {metric.Name}, sparse phase's end | loss, sparse phase's end |\n|---|--:|--:|--:|--:|--:|\n"));
        foreach (var group in trials.Groups)
        {
            // Of several rounds the first.
            var sparse = Moment.EndOf(trials.SparsePhases(group)[0].Phase);
            string Cell(Metric what, Moment at) => trials.Difference(group, "control", what, at).Show(what);
            text.Append(Invariant($"| {group} | {metric.Bare(trials.Mean(group, trials.Arms[0], metric, Moment.End))} | {Cell(metric, Moment.End)}{Star(trials, group, "control")} | {Cell(Metric.Loss, Moment.End)} | {Cell(metric, sparse)} | {Cell(Metric.Loss, sparse)} |\n"));
        }

        var others = trials.Arms.Skip(1).Where(a => a != "control").ToList();
        if (others.Count > 0)
        {
            text.Append(Invariant($"\nThe other arms at the end, {metric.DifferenceUnit}:\n\n"));
            Others(metric, (group, arm) => Star(trials, group, arm));
            text.Append("\nThe same, loss:\n\n");
            Others(Metric.Loss, (_, _) => "");
        }

        return text.ToString();

        void Others(Metric what, Func<string, string, string> star)
        {
            text.Append(Invariant($"| variant | {string.Join(" | ", others.Select(a => $"dsd − {a}"))} | {RandomMask} − control |\n|---|{string.Concat(others.Select(_ => "--:|"))}--:|\n"));
            foreach (var group in trials.Groups)
            {
                var cells = others.Select(arm => trials.Difference(group, arm, what, Moment.End).Show(what) + star(group, arm));
                text.Append(Invariant($"| {group} | {string.Join(" | ", cells)} | {RandomToControl(trials, group, what).Show(what)} |\n"));
            }
        }
    }

    /// <summary>The studies that were judged on test, far from converged ones first.</summary>
    public static string Summary()
    {
        var text = new StringBuilder("| judged on test | regime | pairs | dsd over its own first phase, on validation | dsd − control | dsd − plain | dsd − random-mask | random-mask − control |\n|---|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (var regime in Regime.All.Where(r => TrialsOf(r.Study).IsTest))
        {
            var trials = TrialsOf(regime.Study);
            var (metric, group) = (trials.Metric, trials.Groups.Single());
            Row($"[{regime.Study}](#{regime.Study}), {metric.DifferenceUnit} ({metric.GoalText}) | {regime.Word}", metric, arm => Star(trials, group, arm));
            Row("loss |", Metric.Loss, _ => "");

            void Row(string title, Metric what, Func<string, string> star)
            {
                // What the paper mostly compares with: the model that was not trained on.
                var gain = trials.Difference(group, (trials.Arms[0], Moment.EndOnValidation), (trials.Arms[0], Moment.EndOf(0)), what);
                var cells = trials.Arms.Skip(1).Select(arm => trials.Difference(group, arm, what, Moment.End).Show(what) + star(arm));
                text.Append(Invariant($"| {title} | {gain.Differences.Count} | {gain.Show(what)} | {string.Join(" | ", cells)} | {RandomToControl(trials, group, what).Show(what)} |\n"));
            }
        }

        return text.ToString();
    }

    /// <summary>A random mask less no mask: what pruning does whichever weights it takes.</summary>
    internal static PairedDifference RandomToControl(EvidenceTrials trials, string group, Metric what) =>
        trials.Difference(group, (RandomMask, Moment.End), ("control", Moment.End), what);

    private static string Star(EvidenceTrials trials, string group, string arm) => trials.IsShown(group, arm) ? "*" : "";

    private static string Caption(EvidenceTrials trials, string what) =>
        Invariant($"{trials.Count} trials{(trials.Failed > 0 ? $", {trials.Failed} failed" : "")}; {trials.Difference(trials.Groups[0], trials.Arms[1], trials.Metric, Moment.End).Differences.Count} pairs; {what}; 95 % intervals; * p < 0.05 after Holm's correction over the study.\n\n");
}
