using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>The conditions under which a study can answer its question.</summary>
public sealed class StudyGateTests : IDisposable
{
    private static readonly long[] s_seeds = [1, 2, 3, 4, 5, 6];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gates_OfAStudyThatRan_AreMeansOfItsRecords()
    {
        var results = Run(new StudyGates(converged: true, recovered: true, train: -1e9));

        var (converged, recovered, train) = (results.Gates[0], results.Gates[1], results.Gates[2]);
        var longer = results.Trials.Where(t => t.Trial.Treatment.Name == "longer-first-phase").ToList();
        var tested = results.Trials.Where(t => t.Trial.Treatment.Name == "dsd").ToList();
        Assert.Equal([.. s_seeds.Select(_ => 12L)], longer.Select(t => t.Record.End!.Step));
        Assert.Equal(longer.Zip(tested).Average(p => After(p.First, 0, DataSplit.Validation) - After(p.Second, 0, DataSplit.Validation)), converged.Measured!.Value, 12);
        Assert.Equal(tested.Average(t => After(t, 1, DataSplit.Validation) - After(t, 0, DataSplit.Validation)), recovered.Measured!.Value, 12);
        Assert.Equal(tested.Average(t => After(t, 0, DataSplit.Train)), train.Measured!.Value, 12);
        var control = results.Trials.Where(t => t.Trial.Treatment.Name == "control");
        var detectable = PairedDifference.Between(tested.Zip(control).Select(p => (After(p.First, 2, DataSplit.Validation), After(p.Second, 2, DataSplit.Validation)))).SmallestDetectable ?? 0;
        var own = PairedDifference.Between(longer.Zip(tested).Select(p => (After(p.First, 0, DataSplit.Validation), After(p.Second, 0, DataSplit.Validation)))).SmallestDetectable ?? 0;
        Assert.Equal(Math.Max(detectable, own), converged.Limit!.Value, 12);
        Assert.Equal(Math.Abs(converged.Measured.Value) <= converged.Limit, converged.IsMet);
        Assert.Equal(results.Metric.Gain(recovered.Measured.Value) >= -recovered.Limit, recovered.IsMet);
        Assert.All(results.Contrasts, c => Assert.DoesNotContain("longer", c.Other, StringComparison.Ordinal));
        Assert.All(longer, t => Assert.Null(t.Record.Test));
        Assert.Contains("a quarter longer − as it is", results.Describe(), StringComparison.Ordinal);

        static double After(TrialResult trial, int phase, DataSplit split) => trial.Record.Phases[phase].Last(split)!.Metrics[0].Value;
    }

    [Fact]
    public void Contrasts_OfAGroupThatMissesAGate_HaveNoVerdict()
    {
        // No network has an accuracy above 1.
        var results = Run(new StudyGates(train: 1.5));

        Assert.False(Assert.Single(results.Gates).IsMet);
        Assert.All(results.Contrasts, c => Assert.Null(c.AdjustedPValue));
        var said = Assert.Single(results.EachReading());
        Assert.StartsWith("only: not testable here: its first phase ends at ", said, StringComparison.Ordinal);
        Assert.Contains("| not testable |", results.ContrastTable().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Gates_WhoseValuesAreMissing_AreNotMetOnceJudged()
    {
        var plan = StudyPlan.Resolve(Study(new StudyGates(converged: true)), new ToyTrials());
        var ran = Run(new StudyGates(converged: true));
        var known = ran.Trials.Where(t => t.Trial.Treatment.Name != "longer-first-phase").ToList();

        Assert.All(StudyResults.Of(plan, isJudged: true, known).Contrasts, c => Assert.Contains("cannot be checked", c.NotTestable, StringComparison.Ordinal));
        Assert.All(StudyResults.Of(plan, isJudged: false, known).Contrasts, c => Assert.Null(c.NotTestable));
    }

    [Fact]
    public void FromCsv_OfAStudyWithGates_HasTheSameGates()
    {
        var results = Run(new StudyGates(converged: true, recovered: true, train: 0.5), testAfter: ["dense", "sparse"]);
        var again = StudyResults.FromCsv(results.Plan, results.ToCsv());

        Assert.Equal(results.Gates, again.Gates);
        Assert.Equal(results.Contrasts, again.Contrasts);
    }

    private static Study Study(StudyGates gates, string[]? testAfter = null) =>
        ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], s_seeds, Judgement.EveryVariant, [new("only", ToyTrials.Schedule(0.5))]).WithGates(gates).WithTestAfter(testAfter ?? []);

    private StudyResults Run(StudyGates gates, string[]? testAfter = null) => Study(gates, testAfter).Run(_folder["study"], new ToyTrials(), Observer());

    private static Dsd.Training.Observer Observer() => Dsd.Training.Observer.None;
}
