using Dsd.Records;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <content>Measured values of trials, by moment and split.</content>
public sealed partial record StudyResults
{
    /// <summary>Gets any metric of an arm's selected treatment by seed, e.g. the loss, where contrasts have the main metric.</summary>
    /// <param name="group">The group's name; empty in a study of one variant.</param>
    /// <param name="arm">The arm's name.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="split">The split.</param>
    /// <param name="phase">The name of the phase at whose end it was measured. Default <c>""</c>: the last one.</param>
    /// <returns>The values of the seeds that were measured, of completed trials. Pair two arms with <see cref="PairedDifference.Between"/>.</returns>
    /// <exception cref="ArgumentException">There is no such group, arm or phase; the message has the names.</exception>
    public IReadOnlyDictionary<long, double> Values(string group, string arm, Metric metric, DataSplit split, string phase = "")
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(phase);
        Require(Plan.Groups, group, "group");
        Require(Plan.Study.Arms.Select(a => a.Name), arm, "arm");
        if (Arms.First(a => a.Group == group && a.Arm == arm).Selected is not { } selected)
        {
            return new Dictionary<long, double>();
        }

        if (phase.Length > 0)
        {
            Require(selected.Plan.Phases.Select(p => p.Phase.Name), phase, "phase");
        }

        return TrialsOf(selected)
            .Select(t => (t.Seed, Value: ValueAfter(t, phase, metric, split)))
            .Where(v => v.Value is not null)
            .ToDictionary(v => v.Seed, v => v.Value!.Value);

        void Require(IEnumerable<string> names, string name, string what)
        {
            if (!names.Contains(name))
            {
                throw new ArgumentException($"The study '{Plan.Study.Name}' has no {what} '{name}'; it has {string.Join(", ", names.Distinct().Select(n => $"'{n}'"))}.", what);
            }
        }
    }

    /// <summary>Gets the main metric of a completed trial at the end of training; null if it was not measured, or is not finite.</summary>
    internal double? ValueOf(Trial trial, DataSplit split) => ValueOf(trial, Metric, split);

    /// <summary>Gets the main metric of a completed trial at the end of a phase; null if it was not measured there, or is not finite.</summary>
    /// <param name="trial">A trial of the plan.</param>
    /// <param name="phase">The phase's place in the schedule, from 0.</param>
    /// <param name="split">The split.</param>
    internal double? After(Trial trial, int phase, DataSplit split) => After(trial, phase, Metric, split);

    private double? ValueOf(Trial trial, Metric metric, DataSplit split) =>
        Completed(trial) is { } record ? Finite(metric.In(split == DataSplit.Test ? record.Test : record.Phases.Select(p => p.Last(split)).LastOrDefault(e => e is not null))) : null;

    private double? After(Trial trial, int phase, Metric metric, DataSplit split)
    {
        if (Completed(trial) is not { } record || phase < 0 || phase >= record.Phases.Count)
        {
            return null;
        }

        var planned = trial.Treatment.Plan.Phases[phase];
        return Finite(metric.In(split == DataSplit.Test
            ? record.Evaluations.FirstOrDefault(e => e.Split == split && e.Step == planned.FirstStep + planned.Steps)
            : record.Phases[phase].Last(split)));
    }

    private RunRecord? Completed(Trial trial) => Of(trial) is { IsComplete: true } result ? result.Record : null;

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private double? ValueAfter(Trial trial, string phase, Metric metric, DataSplit split) =>
        phase.Length == 0 ? ValueOf(trial, metric, split) : After(trial, trial.Treatment.Plan.Phases.ToList().FindIndex(p => p.Phase.Name == phase), metric, split);
}
