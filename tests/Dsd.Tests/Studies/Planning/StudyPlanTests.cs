using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Testing;
using FsCheck.Xunit;

namespace Dsd.Tests.Studies;

/// <summary>What a study consists of, before anything is trained.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public class StudyPlanTests
{
    private static StudyPlan Plan(Study study) => StudyPlan.Resolve(study, new ToyTrials());

    [Fact]
    public void Resolve_ArmsThatDoNotDependOnTheVariant_AreTrainedOnce()
    {
        var plan = Plan(ToyTrials.Study());

        Assert.Equal(
            ["control", "dsd-s-0.3", "dsd-s-0.7", "plain-x0.5", "plain-x1", "plain-x2", "plain-x4", "random-mask-s-0.3", "random-mask-s-0.7"],
            plan.Trials.Select(t => t.Treatment.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(9 * 3, plan.Trials.Count());
        Assert.Equal(9 * 3, plan.Trials.Select(t => t.Name).Distinct().Count());
        Assert.Equal(9 * 3, plan.Trials.Select(t => t.Fingerprint).Distinct().Count());
    }

    [Fact]
    public void Resolve_TrialsOfASeedWithOneFirstPhase_MakeABlockThatTrainsItOnce()
    {
        var plan = Plan(ToyTrials.Study());

        var first = plan.TrialBlocks[0];
        Assert.Equal(["dsd-s-0.3", "control", "random-mask-s-0.3", "dsd-s-0.7", "random-mask-s-0.7"], first.Trials.Select(t => t.Treatment.Name));
        Assert.All(first.Trials, t => Assert.Equal(1, t.Seed));
        Assert.Equal(10, first.SharedSteps);
        Assert.Equal(10 + (5 * 10), first.Steps);
        Assert.All(plan.TrialBlocks.Where(b => b.Trials[0].Treatment.Name.StartsWith("plain", StringComparison.Ordinal)), b => Assert.Equal((1, 0L), (b.Trials.Count, b.SharedSteps)));
        Assert.Equal(3 * 5, plan.TrialBlocks.Count);
    }

    [Fact]
    public void Resolve_RandomMasks_DifferFromSeedToSeedAndAreTheSameAgain()
    {
        var trials = Plan(ToyTrials.Study()).Trials.Where(t => t.Treatment.Name == "random-mask-s-0.3").ToList();

        var seeds = trials.ConvertAll(t => t.Schedule.Phases[1].Mask.Criterion.Seed);
        Assert.Equal(3, seeds.Distinct().Count());
        Assert.Equal(seeds, Plan(ToyTrials.Study()).Trials.Where(t => t.Treatment.Name == "random-mask-s-0.3").Select(t => t.Schedule.Phases[1].Mask.Criterion.Seed));
    }

    [Fact]
    public void Resolve_MasksThatNobodyGave_AreRefusedForEachArmThatHasThem()
    {
        var schedule = new Schedule([new Phase("sparse", Duration.Epochs(1), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.Given(GivenMasks.Named("ticket"))))]);
        var issues = Assert.Throws<PlanException>(() => Plan(ToyTrials.Study(variants: [new StudyVariant("first", schedule)]))).Issues;
        Assert.Contains(issues, i => i.Code == "DSD015" && i.Where == "variant 'first', phase 1 'sparse'");
    }

    /// <summary>A config with which every arm can be made.</summary>
    private static TrainingConfig Noisy { get; } = new TrainingConfig("net", "data").WithLabelNoise(new(0.2));

    [Property]
    public void Of_AnyScheduleOfWholeEpochs_GivesEveryArmTheSameBudget(FsCheck.PositiveInt a, FsCheck.PositiveInt b, FsCheck.PositiveInt c, Sparsity sparsity)
    {
        var schedule = Schedule.Dsd(Duration.Steps(a.Get), Duration.Steps(b.Get), Duration.Steps(c.Get), sparsity.Value, 0.1);

        foreach (var arm in StudyArm.ReadyMade.Where(a => a != StudyArm.EarlyStopping))
        {
            Assert.All(arm.Of(schedule, Noisy), made => Assert.Equal(a.Get + b.Get + (long)c.Get, made.Schedule.Phases.Sum(p => p.Duration.ToSteps(7))));
        }
    }

    [Fact]
    public void Of_EachReadyMadeArm_DoesWhatItsNameSays()
    {
        var schedule = ToyTrials.Schedule(0.5);
        Schedule Only(StudyArm arm) => Assert.Single(arm.Of(schedule, Noisy)).Schedule;

        Assert.Equal(schedule, Only(StudyArm.Dsd));
        Assert.Equal(schedule.AsDenseControl(), Only(StudyArm.Control));
        Assert.Equal(CriterionKind.Random, Only(StudyArm.RandomMask).Phases[1].Mask.Criterion.Kind);
        Assert.Equal(schedule.Phases[1].Sparsity, Only(StudyArm.RandomMask).Phases[1].Sparsity);
        Assert.Equal(RegrownWeights.Redrawn, Only(StudyArm.Redrawn).Phases[1].RegrownWeights);
        Assert.Equal([false, false, true], Only(StudyArm.SparseOnly).Phases.Select(p => !p.IsDense).Select((s, i) => i == 2 && s));
        Assert.Equal(schedule.Phases[1].Sparsity, Only(StudyArm.SparseOnly).Phases[2].Sparsity);
        Assert.Equal(schedule.Phases[2].Rate, Only(StudyArm.SparseOnly).Phases[2].Rate);
        foreach (var rate in new[] { 1e308, 5e-324 })
        {
            var far = Schedule.Start().Dense(Duration.Steps(2), LearningRate.Constant(rate)).Build();
            Assert.Contains("no number can hold that", Assert.Throws<InvalidOperationException>(() => StudyArm.Plain.Of(far, Noisy)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(CriterionKind.RandomOfEqualNorm, Only(StudyArm.RandomMaskOfEqualNorm).Phases[1].Mask.Criterion.Kind);
        Assert.Equal(schedule.Phases[1].Sparsity, Only(StudyArm.RandomMaskOfEqualNorm).Phases[1].Sparsity);
        Assert.Equal(schedule.AsDenseControl(), Only(StudyArm.CleanLabels));
        Assert.Equal([Noisy.WithLabelNoise(null)], StudyArm.CleanLabels.Of(schedule, Noisy).Select(c => c.Config));
        Assert.Contains("no wrong labels", Assert.Throws<InvalidOperationException>(() => StudyArm.CleanLabels.Of(schedule, Noisy.WithLabelNoise(null))).Message, StringComparison.Ordinal);
        Assert.Equal([("x1", 0.5), ("x4", 2.0)], StudyArm.WeightDecay.WithChoices(1, 4).Of(schedule, Noisy.WithOptimizer(OptimizerSettings.Sgd(0.9, 0.5))).Select(c => (c.Name, c.Config.Optimizer.WeightDecay)));
        Assert.All(StudyArm.WeightDecay.Of(schedule, Noisy), c => Assert.Equal(schedule.AsDenseControl(), c.Schedule));
        Assert.Contains("no weight decay", Assert.Throws<InvalidOperationException>(() => StudyArm.WeightDecay.Of(schedule, Noisy.WithOptimizer(OptimizerSettings.Sgd(0.9, 0)))).Message, StringComparison.Ordinal);
        Assert.Equal([Duration.Epochs(1), Duration.Epochs(4)], StudyArm.EarlyStopping.WithChoices(0.25, 1).Of(Schedule.Dsd(Duration.Epochs(2), Duration.Epochs(1), Duration.Epochs(1), 0.5, 0.1), Noisy).Select(c => c.Schedule.Phases.Single().Duration));
        Assert.All(StudyArm.EarlyStopping.Of(schedule, Noisy), c => Assert.Equal(LearningRate.Cosine(0.1, 0.001), c.Schedule.Phases.Single().Rate));
        Assert.Equal([Rewind.ToStart.WithLayers(LayerSelector.First()), Rewind.ToStart.WithLayers(LayerSelector.Last())], StudyArm.RewoundLayers.Of(schedule, Noisy).Select(c => c.Schedule.Phases[1].Rewind));
        Assert.All(StudyArm.RewoundLayers.Of(schedule, Noisy), c => Assert.All(c.Schedule.Phases, p => Assert.True(p.IsDense)));

        var restart = Only(StudyArm.WarmRestart);
        Assert.All(restart.Phases, p => Assert.True(p.IsDense));
        Assert.Equal(LearningRate.Cosine(0.1, 0.001), restart.Phases[1].Rate);
        Assert.Equal([0.05, 0.1, 0.2, 0.4], StudyArm.Plain.Of(schedule, Noisy).Select(p => p.Schedule.Phases.Single().Rate.From));
        Assert.All(StudyArm.Plain.Of(schedule, Noisy), p => Assert.Equal(0.001, p.Schedule.Phases.Single().Rate.To));
    }

    [Fact]
    public void Resolve_Selected_GroupsBySettingAndEveryVariant_GroupsByVariant()
    {
        StudyVariant[] variants = [new("a", ToyTrials.Schedule(0.3)), new("b", ToyTrials.Schedule(0.5)), new("c", ToyTrials.Schedule(0.3), new TrainingConfig("toy-9", "toy"))];

        var selected = Plan(ToyTrials.Study(variants: variants));
        var every = Plan(ToyTrials.Study(variants: variants, judgement: Judgement.EveryVariant));

        Assert.Equal(2, selected.Groups.Count);
        Assert.Equal([2, 1, 4, 2], selected.StudyGroups[0].Arms.Select(a => a.Candidates.Count));
        Assert.Equal(["a", "b", "c"], every.Groups);
        Assert.All(every.StudyGroups, g => Assert.Equal([1, 1, 4, 1], g.Arms.Select(a => a.Candidates.Count)));
    }

    [Fact]
    public void Resolve_WhateverIsWrong_IsAllSaidAtOnce()
    {
        var bad = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.01, 0.5, l => l.Keep("nothing")).Dense(1, 0.001).Build();
        var error = Assert.Throws<PlanException>(() => Plan(ToyTrials.Study(
            arms: [StudyArm.Dsd, StudyArm.Control, StudyArm.WarmRestart, StudyArm.Plain],
            variants:
            [
                new("fine", ToyTrials.Schedule(0.5)),
                new("bad layer", bad),
                new("no network", ToyTrials.Schedule(0.5), new TrainingConfig("other", "toy")),
                new("no data", ToyTrials.Schedule(0.5), new TrainingConfig("toy-8", "other")),
                new("one phase", new Schedule([ToyTrials.Schedule(0.5).Phases[0]])),
                new("mixed units", new Schedule([new Phase("a", Duration.Epochs(1), LearningRate.Constant(0.1)), new Phase("b", Duration.Steps(3), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5))])),
            ])));

        Assert.Equal(
            ["bad layer", "no network", "no data", "one phase", "mixed units"],
            error.Issues.Select(i => i.Where.Split('\'')[1]).Distinct());
        Assert.Single(error.Issues, i => i.Where.StartsWith("variant 'bad layer'", StringComparison.Ordinal));
        Assert.Contains("Write both in the same unit", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SaysWhatThereIsToTrain()
    {
        var text = Plan(ToyTrials.Study()).Describe();

        Assert.Contains("27 trials in 15 blocks, 420 steps; without sharing first phases it would be 540.", text, StringComparison.Ordinal);
        Assert.Contains("| control ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "d9d4eb5c2aff475c138e0a2b6d97a579")]
    [InlineData(true, "ba8bd5a5ae3972c78a468477b8ad6388")]
    public void Fingerprint_OfATrial_IsThatOfEarlierVersions(bool adam, string expected)
    {
        // Folders that were begun before know their trials by it.
        var config = adam
            ? new TrainingConfig("n", "d", 32, 100, true, OptimizerSettings.Adam(0.1), 5, 0.5, 16)
            : new TrainingConfig("n", "d");

        Assert.Equal(expected, Trial.FingerprintOf(config, ToyTrials.Schedule(0.5), 3, 1));
        Assert.NotEqual(expected, Trial.FingerprintOf(config, ToyTrials.Schedule(0.5), 3, 1, "cpu"));
        Assert.Equal(Trial.FingerprintOf(config, ToyTrials.Schedule(0.5), 3, 1, "cuda"), Trial.FingerprintOf(config, ToyTrials.Schedule(0.5), 3, 1, "cuda:1"));
        Assert.NotEqual(expected, Trial.FingerprintOf(config.WithOptimizer(OptimizerSettings.Adam(0.1, beta2: 0.99)), ToyTrials.Schedule(0.5), 3, 1));
    }
}
