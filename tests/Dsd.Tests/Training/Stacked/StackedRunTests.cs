using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Tests.Optimizers;
using Dsd.Tests.Shared;
using Dsd.Tests.Torch;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Stacked;

/// <summary>The law of seeds as a dimension: a seed that is trained beside others is the seed alone, within rounding.</summary>
public class StackedRunTests
{
    private const int Features = 6;

    // Rounding errors of 32-bit floats, as the steps of these cases let them grow.
    private const double Rounding = 1e-4;

    // So much that a gradient that is 0 but for rounding errors is not made one of size 1.
    private const double Epsilon = 1e-3;

    private static readonly OptimizerSettings[] s_optimizers =
    [
        OptimizerSettings.Sgd(momentum: 0.9, weightDecay: 0.0005),
        OptimizerSettings.Sgd(momentum: 0.9, weightDecay: 0.001, nesterov: true),
        OptimizerSettings.Sgd(momentum: 0, weightDecay: 0.01),
        OptimizerSettings.Adam(epsilon: Epsilon),
        OptimizerSettings.AdamW(epsilon: Epsilon),
        OptimizerSettings.RmsProp(epsilon: Epsilon),
    ];

    public static TheoryData<int> Cases() => [.. Enumerable.Range(0, LawCases.Count(40))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_SeedsAtOnceThroughAWholeSchedule_IsEachSeedAlone(int number)
    {
        var random = CounterRandom.For(number, "seeds at once");
        var seeds = 1 + random.Below(0, 4);
        var settings = Settings(number, s_optimizers[number % s_optimizers.Length]).WithClip(random.Below(1, 4) == 0 ? 0.5 : null);
        var schedule = ScheduleOf(new ToyCase(number), (RegrownState)random.Below(2, 3), isStraightThrough: random.Below(3, 5) == 0, rewinds: random.Below(5, 6) == 0);
        var hidden = 6 + (2 * random.Below(4, 4));

        var together = Together(schedule, hidden, seeds, settings);
        for (var i = 0; i < seeds; i++)
        {
            Same(Alone(schedule, hidden, i, settings), together[i]);
        }
    }

    [Fact]
    public void Run_SeedsAtOnce_MasksTheWeightsOfEachByItsOwnMask()
    {
        using var scope = NewDisposeScope();
        var (steps, masks) = (0, new List<BitMask>());
        var seeds = Enumerable.Range(0, 3).Select(i => Seed(8, i, Settings(0, s_optimizers[0])(i), _ => { })).ToList();
        using var run = new StackedRun(Plan(Schedule.Dsd(Duration.Steps(3), Duration.Steps(5), Duration.Steps(3), 0.5, 0.05), seeds[0].Model), seeds);
        for (var step = 4; step <= 8; step++)
        {
            run.RunTo(step, default);
            steps++;
            masks = run.Runs.Select(r => r.Session.Masks.Masks["_fc2.weight"]).ToList();
            foreach (var (own, mask) in run.Runs.Zip(masks))
            {
                var weights = own.Model.get_parameter("_fc2.weight")!;
                Assert.True(BitMask.Of(weights.ne(0)).Equals(mask));
                Assert.All(weights.data<float>().ToArray(), w => Assert.False(w == 0 && float.IsNegative(w)));
            }
        }

        Assert.Equal(5, steps);
        Assert.NotEqual(masks[0], masks[1]);
    }

    [Fact]
    public void Run_ASeedThatDiverges_EndsAloneAndLeavesTheOthersAsTheyAre()
    {
        using var scope = NewDisposeScope();
        var settings = Settings(0, s_optimizers[0]);
        var schedule = Schedule.Dsd(Duration.Steps(4), Duration.Steps(5), Duration.Steps(4), 0.5, 0.05);
        var traces = Enumerable.Range(0, 3).Select(_ => new List<TrainingEvent>()).ToList();
        var seeds = Enumerable.Range(0, 3).Select(i => Seed(8, i, settings(i), traces[i].Add)).ToList();
        using var run = new StackedRun(Plan(schedule, seeds[0].Model), seeds);
        run.RunTo(2, default);
        using (no_grad())
        {
            seeds[0].Model.get_parameter("_fc1.weight")!.fill_(float.NaN);
        }

        run.RunTo(13, default);
        run.Complete();

        Assert.IsType<DivergedException>(run.Failures[0]);
        Assert.Contains("_fc1.weight holds NaN", run.Failures[0]!.Message, StringComparison.Ordinal);
        Assert.Null(run.Failures[1]);
        for (var i = 1; i < 3; i++)
        {
            Same(Alone(schedule, 8, i, settings), new(traces[i], ToyCase.Weights(seeds[i].Model)));
        }
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 6)]
    [InlineData(3, 4)]
    [InlineData(3, 9)]
    [InlineData(5, 8)]
    public void Restore_OfCapturedSeeds_ContinuesWithTheBitsOfARunThatNeverStopped(int optimizer, int at)
    {
        using var scope = NewDisposeScope();
        var settings = Settings(0, s_optimizers[optimizer]);
        var schedule = Schedule.Dsd(Duration.Steps(4), Duration.Steps(5), Duration.Steps(4), 0.5, 0.05);
        var expected = Together(schedule, 8, 3, settings);
        var states = new List<TrainingState>();
        var stopped = Enumerable.Range(0, 3).Select(i => Seed(8, i, settings(i), _ => { })).ToList();
        using (var run = new StackedRun(Plan(schedule, stopped[0].Model), stopped))
        {
            run.RunTo(at, default);
            states.AddRange(run.Runs.Select(r => r.Capture()));
        }

        var seeds = Enumerable.Range(0, 3).Select(i => Seed(8, i + 10, settings(i), _ => { }, dataSeed: i)).ToList();
        using (var run = new StackedRun(Plan(schedule, seeds[0].Model), seeds))
        {
            run.Restore(states);
            run.RunTo(13, default);
            run.Complete();
        }

        for (var i = 0; i < 3; i++)
        {
            ToyCase.AssertSameBits(expected[i].Weights, ToyCase.Weights(seeds[i].Model));
        }
    }

    [Fact]
    public void Capture_OfASeed_ContinuesAlone()
    {
        using var scope = NewDisposeScope();
        var settings = Settings(0, s_optimizers[3]);
        var schedule = Schedule.Dsd(Duration.Steps(4), Duration.Steps(5), Duration.Steps(4), 0.5, 0.05);
        var seeds = Enumerable.Range(0, 2).Select(i => Seed(8, i, settings(i), _ => { })).ToList();
        TrainingState state;
        using (var run = new StackedRun(Plan(schedule, seeds[0].Model), seeds))
        {
            run.RunTo(6, default);
            state = run.Runs[1].Capture();
        }

        var (alone, trace) = (Seed(8, 1, settings(1), _ => { }), new List<TrainingEvent>());
        using (var run = new TrainingRun(Plan(schedule, alone.Model), alone.Model, alone.Task, alone.Settings, trace.Add, (_, _) => { }))
        {
            run.Restore(state);
            run.RunTo(13, default);
        }

        Same(Alone(schedule, 8, 1, settings).Weights, ToyCase.Weights(alone.Model));
    }

    [Fact]
    public void RunTo_Cancelled_LetsEverySeedMakeItsCheckpoint()
    {
        using var scope = NewDisposeScope();
        using var source = new CancellationTokenSource();
        var made = new List<long>();
        var seeds = Enumerable.Range(0, 3).Select(i => Seed(8, i, Settings(0, s_optimizers[0])(i), _ => { }) with
        {
            StepDone = (step, _) => Cancel(source, step),
            Checkpoint = (run, isCancelled) => made.AddRange(isCancelled ? [run.Session.Step] : []),
        }).ToList();
        using var run = new StackedRun(Plan(Schedule.Dsd(Duration.Steps(4), Duration.Steps(5), Duration.Steps(4), 0.5, 0.05), seeds[0].Model), seeds);

        Assert.Throws<OperationCanceledException>(() => run.RunTo(13, source.Token));
        Assert.Equal([3L, 3, 3], made);
        Assert.All(run.Failures, Assert.Null);

        static void Cancel(CancellationTokenSource source, long step)
        {
            if (step == 3)
            {
                source.Cancel();
            }
        }
    }

    [SkippableTheory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Run_WithRecordedSteps_HasTheBitsOfStepsOneByOne(int optimizer, bool clips)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        var schedule = Schedule.Start()
            .Dense(Duration.Steps(12), LearningRate.Cosine(0.05, 0.02))
            .Sparse(Duration.Steps(20), LearningRate.Constant(0.02), SparsityCurve.Constant(0.5), mask: new MaskRule(update: MaskUpdate.SparseEvolution(8)))
            .Dense(Duration.Steps(10), LearningRate.Constant(0.01))
            .Build();
        var recordings = new List<GraphOnCpu>();
        List<Trace> Trained(bool refuses)
        {
            recordings.Clear();
            FusedStep.OfCpu.Value = StepKernelsOnCpu.Fused();
            try
            {
                return Together(schedule, 8, 3, i => new TrainerSettings(i, s_optimizers[optimizer], logEverySteps: 5, gradientClip: clips ? 0.5 : null, capture: StepCapture.On)
                {
                    Graphs = () =>
                    {
                        recordings.Add(new(refuses));
                        return recordings[^1];
                    },
                });
            }
            finally
            {
                FusedStep.OfCpu.Value = null;
            }
        }

        var expected = Trained(refuses: true);
        var actual = Trained(refuses: false);

        Assert.All(expected.Zip(actual), t =>
        {
            Assert.Equal(t.First.Weights, t.Second.Weights);
            Assert.Equal(t.First.Events.Select(Loss), t.Second.Events.Select(Loss));
        });
        Assert.InRange(recordings.Count, 8, 10);
        Assert.InRange(recordings.Sum(r => r.Replays), 2 * 25, 2 * 42);
    }

    [Fact]
    public void Obstacle_OfSeedsThatCannotBeTrainedAtOnce_SaysWhy()
    {
        using var scope = NewDisposeScope();
        var seed = Seed(8, 0, new TrainerSettings(), _ => { });

        Assert.Null(StackedRun.Obstacle([seed, seed with { Settings = new(seed: 1) }]));
        Assert.Contains("the task toy", StackedRun.Obstacle([seed with { Task = new ToyTask(Features) }]), StringComparison.Ordinal);
        Assert.Contains("bf16", StackedRun.Obstacle([seed with { Settings = new(precision: Precision.Bf16) }]), StringComparison.Ordinal);
        Assert.Contains("rollback", StackedRun.Obstacle([seed with { Settings = new(onNonFinite: NonFiniteAction.Rollback) }]), StringComparison.Ordinal);
        Assert.Contains("seed 4", StackedRun.Obstacle([seed, seed with { Settings = new(seed: 4, gradientClip: 1) }]), StringComparison.Ordinal);
        Assert.Contains("'toy'", StackedRun.Obstacle([seed with { Model = new ToyNet(Features, 4) }]), StringComparison.Ordinal);
        Assert.Contains("'toy'", Assert.Throws<DsdException>(() => new StackedRun(Plan(Schedule.Dsd(Duration.Steps(1), Duration.Steps(1), Duration.Steps(1), 0.5, 0.05), seed.Model), [seed with { Model = new ToyNet(Features, 4) }])).Message, StringComparison.Ordinal);
    }

    private static Func<int, TrainerSettings> Settings(int number, OptimizerSettings optimizer) =>
        seed => new(seed: (100 * number) + seed, optimizer: optimizer, logEverySteps: 2, methods: ToyCase.Methods);

    private static Plan Plan(Schedule schedule, nn.Module model) => schedule.On(model, stepsPerEpoch: 4, ToyCase.Methods);

    private static Schedule ScheduleOf(ToyCase of, RegrownState state, bool isStraightThrough, bool rewinds) => Schedule.Start()
        .Dense(Duration.Steps(3), LearningRate.Constant(0.05))
        .Then(new Phase(
            null,
            Duration.Steps(6),
            LearningRate.Constant(0.02),
            of.Curve,
            of.Mask,
            regrownWeights: of.RegrownWeights,
            regrownState: state,
            straightThrough: isStraightThrough && of.Mask.Update.Policy is null ? new StraightThrough(0.01) : null))
        .Then(new Phase(null, Duration.Steps(4), LearningRate.Constant(0.01), SparsityCurve.Dense, rewind: rewinds ? Rewind.ToStart : null))
        .Build();

    private static StackedSeed Seed(int hidden, int seed, TrainerSettings settings, Action<TrainingEvent> observer, int? dataSeed = null)
    {
        manual_seed(seed);
        return new(new StackableNet(Features, hidden), Task(dataSeed ?? seed), settings, observer);
    }

    private static SupervisedTask Task(int seed)
    {
        Examples Split(string name, int count)
        {
            var random = CounterRandom.For(1, name);
            var labels = Enumerable.Range(0, count).Select(i => random.Below(i, 3)).ToArray();
            return Examples.Of(labels.SelectMany((label, i) => Enumerable.Range(0, Features).Select(f => (float)(random.Normal((100 * i) + f + 1000) + (f == label ? 1 : 0)))).Chunk(Features).ToArray(), labels);
        }

        return SupervisedTask.Of(Split("train", 32), Split("validation", 16), Split("test", 16), LossFunction.CrossEntropy, batchSize: 8, seed: seed, name: "points");
    }

    private static Trace Alone(Schedule schedule, int hidden, int seed, Func<int, TrainerSettings> settings)
    {
        using var scope = NewDisposeScope();
        var trace = new List<TrainingEvent>();
        var alone = Seed(hidden, seed, settings(seed), trace.Add);
        var plan = Plan(schedule, alone.Model);
        using var run = new TrainingRun(plan, alone.Model, alone.Task, alone.Settings, trace.Add, (_, _) => { });
        run.RunTo(plan.TotalSteps, default);
        run.Complete();
        return new(trace, ToyCase.Weights(alone.Model));
    }

    private static List<Trace> Together(Schedule schedule, int hidden, int count, Func<int, TrainerSettings> settings)
    {
        using var scope = NewDisposeScope();
        var traces = Enumerable.Range(0, count).Select(_ => new List<TrainingEvent>()).ToList();
        var seeds = Enumerable.Range(0, count).Select(i => Seed(hidden, i, settings(i), traces[i].Add)).ToList();
        var plan = Plan(schedule, seeds[0].Model);
        using var run = new StackedRun(plan, seeds);
        run.RunTo(plan.TotalSteps, default);
        run.Complete();
        Assert.All(run.Failures, f => Assert.True(f is null, f?.ToString()));
        return [.. seeds.Zip(traces, (seed, trace) => new Trace(trace, ToyCase.Weights(seed.Model)))];
    }

    private static void Same(Trace alone, Trace together)
    {
        Assert.Equal(alone.Events.Select(Structure), together.Events.Select(Structure));
        Assert.All(alone.Events.Zip(together.Events), e => Assert.Equal(Loss(e.First), Loss(e.Second), Rounding));
        Same(alone.Weights, together.Weights);
    }

    private static void Same(Dictionary<string, float[]> alone, Dictionary<string, float[]> together) => Assert.All(alone, parameter =>
    {
        var size = Math.Sqrt(parameter.Value.Sum(w => (double)w * w));
        var difference = Math.Sqrt(parameter.Value.Zip(together[parameter.Key], (a, b) => Math.Pow(a - b, 2)).Sum());
        Assert.True(difference <= Rounding * (1 + size), FormattableString.Invariant($"{parameter.Key}: a difference of {difference} of {size}"));
        Assert.Equal(parameter.Value.Select(w => w == 0), together[parameter.Key].Select(w => w == 0));
    });

    private static string Structure(TrainingEvent happened) => happened switch
    {
        PhaseStarted e => $"phase {e.Name} at {e.Step} for {e.Steps}",
        PhaseEnded e => $"end at {e.Step}: {string.Join(' ', e.Layers.Select(l => (l.Parameter, l.Weights, l.Kept, l.NonZero)))}",
        MaskComputed e => $"masks at {e.Step}: {string.Join(' ', e.Layers)}",
        StepSampled e => $"sampled {e.Step} at {e.Rate}",
        Evaluated e => $"{e.Split} at {e.Step}: {string.Join(' ', e.Metrics.Select(m => m.Name))}",
        RunEnded e => $"{e.Outcome} at {e.Step}",
        _ => happened.GetType().Name,
    };

    private static double Loss(TrainingEvent happened) => happened switch
    {
        StepSampled e => e.Loss,
        Evaluated e => e.Value("loss")!.Value,
        _ => 0,
    };

    private sealed record Trace(List<TrainingEvent> Events, Dictionary<string, float[]> Weights);
}

/// <summary>Settings by seed, with a change.</summary>
internal static class SeedSettings
{
    public static Func<int, TrainerSettings> WithClip(this Func<int, TrainerSettings> settings, double? clip) => seed =>
        settings(seed) is var s ? new(s.Seed, s.Optimizer, s.LogEverySteps, clip, s.ReadTest, s.Methods) : throw new InvalidOperationException();
}
