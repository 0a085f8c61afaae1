using Dsd.Records;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>Checks the conditions under which a group of a study can answer its question.</summary>
/// <param name="results">The results, of which arms and differences are known.</param>
internal sealed class StudyGate(StudyResults results)
{
    public const string Converged = "converged";
    public const string Recovered = "recovered";
    public const string Train = "train";
    private const int Fewest = 6;

    /// <summary>Checks the gates of a group, in the order in which the study declares them.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="contrasts">The differences of the group at the end of training.</param>
    public IEnumerable<GateResult> Of(string group, IReadOnlyList<Contrast> contrasts)
    {
        var gates = results.Plan.Study.Gates;
        if (results.Arms.FirstOrDefault(a => a.Group == group)?.Selected is not { } tested)
        {
            yield break;
        }

        // The control differs from the arm under test in the mask alone; where there is none, the first difference is the one in question.
        var main = contrasts.FirstOrDefault(c => results.Plan.Study.Arms.Any(a => a.Name == c.Other && a.Kind == ArmKind.Control)) ?? (contrasts.Count > 0 ? contrasts[0] : null);
        var other = results.Arms.FirstOrDefault(a => a.Group == group && a.Arm == main?.Other)?.Selected;
        var trials = results.Plan.Trials.Where(t => t.Treatment == tested).ToList();

        // On validation, as all of the gates, so that whether a study is testable does not depend on the test split.
        var detectable = Detectable(Mean(trials.Zip(results.Plan.Trials.Where(t => t.Treatment == other)).Select(p => (results.ValueOf(p.First, DataSplit.Validation), results.ValueOf(p.Second, DataSplit.Validation)))));
        if (gates.Converged)
        {
            var longer = results.Plan.Longer.FirstOrDefault(l => l.IsOf(tested))?.Treatment;
            var ends = results.Plan.Trials.Where(t => t.Treatment == longer).ToDictionary(t => t.Seed, t => After(t, 0, DataSplit.Validation));
            var change = Mean(trials.Select(t => (ends.GetValueOrDefault(t.Seed), After(t, 0, DataSplit.Validation))));
            yield return Difference(Converged, change, mean => Math.Abs(mean));
        }

        if (gates.Recovered && tested.Plan.Phases.ToList().FindIndex(p => !p.IsDense) is var sparse and > 0)
        {
            var change = Mean(trials.Select(t => (After(t, sparse, DataSplit.Validation), After(t, 0, DataSplit.Validation))));
            yield return Difference(Recovered, change, mean => -results.Metric.Gain(mean));
        }

        if (gates.Train is { } least)
        {
            var values = trials.Select(t => After(t, 0, DataSplit.Train)).OfType<double>().ToList();
            var mean = values.Count > 0 ? values.Average() : (double?)null;
            yield return new(group, Train, mean, null, least, mean is null ? null : results.Metric.Gain(mean.Value) >= results.Metric.Gain(least));
        }

        // What neither comparison would detect counts as none.
        GateResult Difference(string gate, PairedDifference? change, Func<double, double> size)
        {
            var limit = detectable is { } main && Detectable(change) is { } own ? Math.Max(main, own) : (double?)null;
            return new(group, gate, change?.Differences.Mean, change?.Interval, limit, change is null || limit is null ? null : size(change.Differences.Mean) <= limit);
        }
    }

    /// <summary>Returns the smallest detectable mean of differences, 0 where all are equal; null with too few for a verdict.</summary>
    private static double? Detectable(PairedDifference? of) => of is { AllowsVerdict: true } ? of.SmallestDetectable : of is { HasSpread: false, Differences.Count: >= Fewest } ? 0 : null;

    /// <summary>Describes a missed gate, as the reason why a group is not testable.</summary>
    public string Explain(GateResult gate)
    {
        var metric = results.Metric;
        return (gate.Gate, gate.Measured, gate.Limit) switch
        {
            (_, null, _) or (_, _, null) => $"the gate '{gate.Gate}' cannot be checked: values are missing, or there are fewer than six pairs",
            (Converged, { } change, { } limit) => $"its first phase had not converged: a quarter more of it changes validation by {metric.ShowDifference(change)} {metric.DifferenceUnit}, and {metric.ShowSize(limit)} is the smallest detectable difference",
            (Recovered, { } change, { } limit) => $"its sparse phase did not recover: on validation it ends {metric.ShowSize(Math.Abs(change))} {metric.DifferenceUnit} worse than the first phase, and {metric.ShowSize(limit)} is the smallest detectable difference",
            (_, { } value, { } limit) => $"its first phase ends at {metric.Show(value)} on the train split, and {metric.Show(limit)} is what its question needs",
        };
    }

    private double? After(Trial trial, int phase, DataSplit split) => results.After(trial, phase, split);

    private static PairedDifference? Mean(IEnumerable<(double? Later, double? Earlier)> pairs) =>
        pairs.Where(p => p is { Later: not null, Earlier: not null }).Select(p => (p.Later!.Value, p.Earlier!.Value)).ToList() is { Count: > 0 } known ? PairedDifference.Between(known) : null;
}
