using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>The end of a study: weights are read back, and the test split is measured.</summary>
public sealed class StudyJudgeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_ANetworkWithAMaskOfInfinityAmongItsBuffers_IsJudged()
    {
        var results = Run(new ToyTrials { Furnish = net => net.register_buffer("mask", full(3, 3, float.NegativeInfinity).triu(1)) });
        Assert.All(results.Trials, t => Assert.NotNull(t.Record.Test));
    }

    [Fact]
    public void Run_MeasuringOnTestFailsInLibtorch_SaysWhereInOneLine()
    {
        using var narrow = nn.Linear(2, 3);
        var message = Fault(new ToyTrials { Measuring = (_, split) => (split == DataSplit.Test ? narrow.call(ones(2, 3)) : null)?.Dispose() });
        Assert.Contains("toy: measuring on the test split failed", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Run_NothingIsMeasuredOnTest_SaysSo() =>
        Assert.Contains("toy measured nothing on the test split at step 20", Fault(new ToyTrials { Measured = (metrics, split) => split == DataSplit.Test ? [] : metrics }), StringComparison.Ordinal);

    [Fact]
    public void Run_WithTestAfterPhases_MeasuresSharedPhasesOnceAndTheOthersForEachArm()
    {
        var measured = 0;
        var source = new ToyTrials { Measuring = (_, split) => measured += split == DataSplit.Test ? 1 : 0 };
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [5, 6], variants: [new("only", ToyTrials.Schedule(0.5))]).WithTestAfter(["dense", "sparse"]);
        var results = study.Run(_folder["study"], source, Dsd.Training.Observer.None);

        Assert.Equal(2 * (1 + (2 * 2)), measured);
        Assert.All(results.Trials, t => Assert.Equal([10, 15, 20], t.Record.Evaluations.Where(e => e.Split == DataSplit.Test).Select(e => e.Step)));
        Assert.Equal(["sparse", ""], results.Contrasts.Select(c => c.Phase));
        Assert.Contains(results.Contrasts[0].Pairs, p => p.First != p.Other);
        Assert.Contains("dsd − control after the phase sparse", results.Describe(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder["study"], "weights")));

        // What the phases left is what a run that ends there has.
        var shorter = ToyTrials.Study([StudyArm.Dsd], [5, 6], variants: [new("only", new Schedule(ToyTrials.Schedule(0.5).Phases.Take(2).ToValueList()))]).Run(_folder["shorter"], new ToyTrials(), Dsd.Training.Observer.None);
        Assert.Equal(shorter.Arms[0].Values.Select(v => v.Value), results.Contrasts[0].Pairs.Select(p => p.First));
    }

    [Fact]
    public void Values_OfAnyMetricMomentAndSplit_AreThoseOfTheRecords()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [5, 6], variants: [new("only", ToyTrials.Schedule(0.5))]).WithTestAfter(["sparse"]).WithEvaluateTrain(true);
        var results = study.Run(_folder["study"], new ToyTrials(), Dsd.Training.Observer.None);
        var (group, metric) = (results.Plan.Groups[0], results.Metric);
        var again = StudyResults.FromCsv(results.Plan, results.ToCsv());

        foreach (var contrast in results.Contrasts)
        {
            Assert.Equal(contrast.Pairs.Select(p => (p.Seed, p.First)), results.Values(group, "dsd", metric, DataSplit.Test, contrast.Phase).Select(v => (v.Key, v.Value)));
            Assert.Equal(contrast.Pairs.Select(p => (p.Seed, p.Other)), results.Values(group, "control", metric, DataSplit.Test, contrast.Phase).Select(v => (v.Key, v.Value)));
        }

        foreach (var (split, phase) in new[] { (DataSplit.Train, ""), (DataSplit.Train, "sparse"), (DataSplit.Validation, ""), (DataSplit.Validation, "dense"), (DataSplit.Test, "sparse") })
        {
            var values = results.Values(group, "dsd", metric, split, phase);
            Assert.Equal([5L, 6], values.Keys);
            Assert.Equal(values, again.Values(group, "dsd", metric, split, phase));
            Assert.All(results.Trials.Where(t => t.Trial.Treatment == results.Arms[0].Selected), trial =>
                Assert.Contains(trial.Record.Evaluations.Concat(trial.Record.Phases.SelectMany(p => p.Evaluations)), e => e.Split == split && metric.In(e) == values[trial.Trial.Seed]));
        }

        Assert.Empty(results.Values(group, "dsd", metric, DataSplit.Test, "dense"));
        Assert.Empty(results.Values(group, "dsd", new Metric("sharpness", MetricGoal.Lower), DataSplit.Test));
        Assert.Contains("has no arm 'plain'; it has 'dsd', 'control'", Assert.Throws<ArgumentException>(() => results.Values(group, "plain", metric, DataSplit.Test)).Message, StringComparison.Ordinal);
        Assert.Contains("has no phase 'spares'; it has 'dense', 'sparse', ", Assert.Throws<ArgumentException>(() => results.Values(group, "dsd", metric, DataSplit.Test, "spares")).Message, StringComparison.Ordinal);
        Assert.Contains("has no group 'none'", Assert.Throws<ArgumentException>(() => results.Values("none", "dsd", metric, DataSplit.Test)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_StoppedAfterThePhaseWhoseTestIsRead_GivesTheSameResults()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [5], variants: [new("only", ToyTrials.Schedule(0.5))]).WithTestAfter(["dense", "sparse"]);
        var whole = study.Run(_folder["whole"], new ToyTrials(), Dsd.Training.Observer.None);
        foreach (var at in new[] { 3, 11, 16, 19, 24 })
        {
            var (folder, steps) = (_folder[FormattableString.Invariant($"stopped-{at}")], 0);
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => study.Run(folder, new ToyTrials(), (_, _, _) =>
            {
                if (++steps == at)
                {
                    stop.Cancel();
                }
            }, cancellation: stop.Token));
            Assert.Equal(whole.Contrasts, study.Run(folder, new ToyTrials(), Dsd.Training.Observer.None).Contrasts);
        }
    }

    [Fact]
    public void Run_TheWeightsOfAPhaseAreGone_TrainsTheTrialsAgain()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [5], variants: [new("only", ToyTrials.Schedule(0.5))]).WithTestAfter(["dense", "sparse"]);
        var whole = study.Run(_folder["whole"], new ToyTrials(), Dsd.Training.Observer.None);
        var folder = _folder["lost"];
        Assert.ThrowsAny<DsdException>(() => study.Run(folder, new ToyTrials { Measured = (metrics, split) => split == DataSplit.Test ? [] : metrics }, Dsd.Training.Observer.None));
        Directory.Delete(Path.Combine(folder, "weights"), recursive: true);

        Assert.Equal(whole.Contrasts, study.Run(folder, new ToyTrials(), Dsd.Training.Observer.None).Contrasts);
    }

    /// <summary>A shared phase is one phase, whatever the arms call it.</summary>
    [Fact]
    public void Run_ArmsThatNameTheirSharedPhaseDifferently_AreMeasuredAfterIt()
    {
        var renamed = new Schedule(ToyTrials.Schedule(0.5).Phases.SetItem(0, ToyTrials.Schedule(0.5).Phases[0].WithName("first")));
        var results = ToyTrials.Study([StudyArm.Own("mine", renamed), StudyArm.Control], [5], variants: [new("only", ToyTrials.Schedule(0.5))]).WithTestAfter(["dense"]).Run(_folder["study"], new ToyTrials(), Dsd.Training.Observer.None);

        Assert.Equal([1, 2], results.Trials.Select(t => t.Record.Evaluations.Count(e => e.Split == DataSplit.Test)));
    }

    private string Fault(ToyTrials source) => Assert.ThrowsAny<DsdException>(() => Run(source)).Message;

    private StudyResults Run(ToyTrials source) =>
        ToyTrials.Study([StudyArm.Dsd], [5], variants: [new("only", ToyTrials.Schedule(0.5))]).Run(_folder["study"], source);
}
