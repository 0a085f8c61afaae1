using Dsd.Execution;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public sealed class FairComparisonTests
{
    [Property(MaxTest = 20)]
    [Trait("Tier", "slow")]
    public void Run_TwoArms_EachEqualsTheSameArmTrainedAlone(int seed)
    {
        var c = new ToyCase(seed);
        var settings = new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods);
        Arm[] arms = [Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule())];
        var together = new Dictionary<string, Dictionary<string, float[]>>();
        using var net = c.Net(dropout: 0.3);
        var comparison = FairComparison.Run(arms, net, c.Task(), settings, armDone: (arm, model) => together[arm.Name] = ToyCase.Weights(model));
        foreach (var arm in arms)
        {
            using var alone = c.Net(dropout: 0.3);
            var record = Trainer.Run(arm.Schedule.On(alone, 5, ToyCase.Methods), alone, c.Task(), settings, arm: arm.Name);
            ToyCase.AssertSameBits(ToyCase.Weights(alone), together[arm.Name]);
            var shared = comparison.Runs.Single(r => r.Arm == arm.Name);
            Assert.Equal(record.Test, shared.Test);
            Assert.Equal(record.Phases.Select(p => p.Samples), shared.Phases.Select(p => p.Samples));
        }
    }

    [Fact]
    public void Run_Arms_ReadTheTestSplitOnceEachAtTheEnd()
    {
        var c = new ToyCase(3);
        using var net = c.Net();
        var task = c.Task();
        FairComparison.Run([Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule())], net, task, new TrainerSettings(methods: ToyCase.Methods));
        Assert.Equal(2, task.SplitsRead.Count(s => s == DataSplit.Test));
        Assert.Equal(DataSplit.Test, task.SplitsRead[^1]);
        Assert.DoesNotContain(DataSplit.Train, task.SplitsRead);
    }

    [Fact]
    public void Run_ArmsOfDifferentBudgets_StateTheirSteps()
    {
        var (three, nine) = (Of(1), Of(3));
        Assert.Contains("Arms trained different numbers of steps: dsd 15, control 45.", Compare(Arm.Dsd(three), Arm.Control(nine)).Explain());
        Assert.DoesNotContain("numbers of steps", Compare(Arm.Dsd(three), Arm.Control(three)).Describe(), StringComparison.Ordinal);

        static Schedule Of(int epochs) => Schedule.Start().Dense(epochs, 0.1).Sparse(epochs, 0.1, 0.5).Dense(epochs, 0.01).Build();

        static Comparison Compare(params Arm[] arms)
        {
            using var net = new ToyNet(3, 8);
            return FairComparison.Run(arms, net, new ToyTask(3), observer: Observer.None);
        }
    }

    [Property(MaxTest = 20)]
    public void Run_TwoArms_AsksTheTaskForTheStepsOfThePlansAndNoOthers(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        var task = c.Task();
        var (dsd, control) = (Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule()));
        FairComparison.Run([dsd, control], net, task, new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods));
        var (steps, shared) = (dsd.Schedule.On(net, 5, ToyCase.Methods).TotalSteps, dsd.Schedule.On(net, 5, ToyCase.Methods).Phases[0].Steps);
        long[] expected = [.. Range(0, steps), .. Range(shared, steps)];
        Assert.Equal(expected, task.Steps);

        static IEnumerable<long> Range(long from, long to) => Enumerable.Range((int)from, (int)(to - from)).Select(i => (long)i);
    }

    [SkippableFact]
    public void Run_ALayerIsComputedOtherwise_EachRecordSaysSoOnceFromItsFirstStepOn()
    {
        Skip.IfNot(OneDnn.IsSwitched, "Layers are checked where oneDNN is switched, on Linux x64.");
        using var net = new Strided();
        var schedule = Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.5, 0.01);
        var comparison = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], net, new StridedTask());
        foreach (var run in comparison.Runs)
        {
            Assert.Equal("fp32, channels last", run.Start!.Computation);
            var note = Assert.Single(run.Phases.SelectMany(p => p.Samples).SelectMany(s => s.ComputedOtherwise ?? []));
            Assert.StartsWith("_conv in fp32 by libtorch's own kernels", note, StringComparison.Ordinal);
            Assert.Equal([note], run.Phases[0].Samples[0].ComputedOtherwise);
            Assert.DoesNotContain(run.Phases.SelectMany(p => p.Evaluations).Concat(run.Evaluations), e => e.ComputedOtherwise is not null);
            Assert.Equal($"fp32, channels last; {note}", run.Computation);
            Assert.Equal(TorchRuntime.State, run.Start.Runtime);
        }
    }

    [Fact]
    public void Run_Arms_RecordTheSameLayers()
    {
        var c = new ToyCase(3);
        using var net = c.Net();
        var runs = FairComparison.Run([Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule())], net, c.Task(), new TrainerSettings(methods: ToyCase.Methods)).Runs;
        Assert.NotEmpty(Layers(runs[0]));
        Assert.Equal(Layers(runs[0]), Layers(runs[1]));

        static List<string> Layers(RunRecord run) =>
            [.. run.Phases.SelectMany(p => p.Start.Histograms.Concat(p.End!.Histograms)).Select(h => h.Parameter)];
    }

    [Fact]
    public void Run_Cancelled_EveryRecordEndsAsCancelledAndFolds()
    {
        var c = new ToyCase(5);
        using var net = c.Net();
        using var stop = new CancellationTokenSource();
        var comparison = FairComparison.Run(
            [Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule())],
            net,
            c.Task(),
            new TrainerSettings(logEverySteps: 1, methods: ToyCase.Methods),
            (_, e) =>
            {
                if (e is StepSampled { Step: 4 })
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token);
        Assert.False(comparison.IsComplete);
        Assert.All(comparison.Runs, r => Assert.Equal(RunOutcome.Cancelled, r.End!.Outcome));
        Assert.Equal([5, 3], comparison.Runs.Select(r => r.End!.Step));
        Assert.All(comparison.Runs, r => Assert.Null(r.Test));
    }

    [Fact]
    public void Run_ObserverThrows_RunStopsAndTheRecordSaysWhy()
    {
        var c = new ToyCase(5);
        using var net = c.Net();
        RunEnded? end = null;
        var e = Assert.ThrowsAny<DsdException>(() => Trainer.Run(c.Schedule().On(net, 5, ToyCase.Methods), net, c.Task(), new TrainerSettings(methods: ToyCase.Methods), happened =>
        {
            end = happened as RunEnded;
            if (happened is PhaseStarted { Phase: 1 })
            {
                throw new ArithmeticException("observer");
            }
        }));
        Assert.IsType<ArithmeticException>(e.InnerException);
        Assert.Equal("The observer failed at PhaseStarted of arm dsd: observer (ArithmeticException)", e.Message);
        Assert.Equal((RunOutcome.Failed, e.Message, 3L), (end!.Outcome, end.Message, end.Step));
    }

    [Fact]
    public void Run_TrainingDiverges_IsAClearErrorWithTheLayersName()
    {
        using var net = new ToyNet(3, 4, norm: false);
        var schedule = Schedule.Dsd(Duration.Steps(30), Duration.Steps(2), Duration.Steps(2), 0.5, 1e30);
        Assert.Contains("diverged", Assert.ThrowsAny<DsdException>(() => Trainer.Run(schedule.On(net, 5), net, new ToyTask(3))).Message);
    }

    [Fact]
    public void Run_TrainingDivergesBetweenSamplesOfTheLoss_FailsAtThatStep()
    {
        using var net = new ToyNet(3, 4, norm: false);
        RunEnded? end = null;
        var schedule = Schedule.Start().Dense(Duration.Steps(40), LearningRate.Constant(1e30)).Build();
        var e = Assert.Throws<DivergedException>(() => Trainer.Run(
            schedule.On(net, 5), net, new ToyTask(3), new TrainerSettings(logEverySteps: 1000), happened => end = happened as RunEnded));
        Assert.Matches(@"^Training has diverged at step [1-4]: net\.fc1\.weight holds .* after the optimiser's step.*Lower the learning rate \(1E\+30 here\)", e.Message);
        Assert.Equal(("net.fc1.weight", RunOutcome.Failed), (e.Parameter, end!.Outcome));
        Assert.InRange(e.Step!.Value, 1, 4);
        Assert.Equal(e.Step, end.Step);
    }

    [Fact]
    public void Run_AScoreFunctionIsMissing_FailsBeforeAnyArmIsTrained()
    {
        using var net = new ToyNet(3, 4);
        var mask = new MaskRule(MaskCriterion.Custom("mine"));
        var schedule = Schedule.Start().Sparse(Duration.Steps(2), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), mask: mask).Build();
        var told = 0;
        Assert.ThrowsAny<DsdException>(() => FairComparison.Run([Arm.Control(schedule), Arm.Dsd(schedule)], net, new ToyTask(3), observer: (_, _) => told++));
        Assert.Equal(0, told);
    }

    [Fact]
    public void Run_ObserverThrowsAtTheSecondStart_EveryArmThatBeganEnds()
    {
        var c = new ToyCase(5);
        using var net = c.Net();
        var events = new List<(string Arm, TrainingEvent Event)>();
        Assert.ThrowsAny<DsdException>(() => FairComparison.Run([Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule())], net, c.Task(), new TrainerSettings(methods: ToyCase.Methods), (arm, e) =>
        {
            events.Add((arm.Name, e));
            if (events.Count == 2)
            {
                throw new ArithmeticException("observer");
            }
        }));
        Assert.Equal(["dsd", "control"], events.Where(e => e.Event is RunEnded { Outcome: RunOutcome.Failed }).Select(e => e.Arm));
    }

    [Fact]
    public void Run_PlanOfOtherStepsAnEpochOrOfAnotherModel_IsRefused()
    {
        using var net = new ToyNet(3, 4);
        using var other = new ToyNet(3, 5);
        var schedule = Schedule.Start().Dense(1, 0.1).Build();
        var e = Assert.Throws<DsdException>(() => Trainer.Run(schedule.On(net, 6), net, new ToyTask(3)));
        Assert.Contains("6 steps an epoch, but toy has 5", e.Message, StringComparison.Ordinal);
        Assert.Contains("another network", Assert.Throws<DsdException>(() => Trainer.Run(schedule.On(other, 5), net, new ToyTask(3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_PlannedArms_TrainsThePlansThatWereShown()
    {
        var c = new ToyCase(5);
        var settings = new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods);
        Arm[] arms = [Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule())];
        using var first = c.Net();
        using var second = c.Net();
        PlannedArm[] planned = [.. arms.Select(a => new PlannedArm(a.Name, a.Schedule.On(first, 5, ToyCase.Methods)))];

        var byPlan = FairComparison.RunPlanned(planned, first, c.Task(), settings);
        var bySchedule = FairComparison.Run(arms, second, c.Task(), settings);

        Assert.Equal(planned.Select(a => a.Plan), byPlan.Runs.Select(r => r.Start!.Plan(ToyCase.Methods)));
        Assert.Equal(arms, planned.Select(a => a.Arm));
        ToyCase.AssertSameBits(ToyCase.Weights(second), ToyCase.Weights(first));
        Assert.Equal(bySchedule.Runs.Select(r => r.Test), byPlan.Runs.Select(r => r.Test));
        Assert.Contains("6 steps an epoch, but toy has 5", Assert.Throws<DsdException>(() => FairComparison.RunPlanned([new PlannedArm(arms[0].Name, arms[0].Schedule.On(first, 6, ToyCase.Methods))], first, c.Task(), settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NullArguments_AreRefusedByName()
    {
        using var net = new ToyNet(3, 4);
        var schedule = Schedule.Start().Dense(1, 0.1).Build();
        var plan = schedule.On(net, 5);
        (Arm[] arms, PlannedArm[] planned) = ([Arm.Dsd(schedule)], [new PlannedArm("dsd", plan)]);
        Assert.Throws<ArgumentNullException>("arms", () => FairComparison.Run(null!, net, new ToyTask(3)));
        Assert.Throws<ArgumentNullException>("model", () => FairComparison.Run(arms, null!, new ToyTask(3)));
        Assert.Throws<ArgumentNullException>("task", () => FairComparison.Run(arms, net, null!));
        Assert.Throws<ArgumentNullException>("arms", () => FairComparison.RunPlanned(null!, net, new ToyTask(3)));
        Assert.Throws<ArgumentNullException>("model", () => FairComparison.RunPlanned(planned, null!, new ToyTask(3)));
        Assert.Throws<ArgumentNullException>("task", () => FairComparison.RunPlanned(planned, net, null!));
        Assert.Throws<ArgumentNullException>("plan", () => Trainer.Run(null!, net, new ToyTask(3)));
        Assert.Throws<ArgumentNullException>("model", () => Trainer.Run(plan, null!, new ToyTask(3)));
        Assert.Throws<ArgumentNullException>("task", () => Trainer.Run(plan, net, null!));
    }

    [Fact]
    public void Run_SameNamesOrNoArms_IsRefused()
    {
        using var net = new ToyNet(3, 4);
        var schedule = Schedule.Start().Dense(1, 0.1).Build();
        Assert.Throws<ArgumentException>(() => FairComparison.Run([], net, new ToyTask(3)));
        Assert.Throws<ArgumentException>(() => FairComparison.Run([Arm.Dsd(schedule), Arm.Dsd(schedule)], net, new ToyTask(3)));
        Assert.Throws<ArgumentException>(() => new Arm("../x", schedule));
    }

    [Fact]
    public void Run_GradientClip_BoundsTheStep()
    {
        using var net = new ToyNet(3, 4, norm: false);
        var before = ToyCase.Weights(net);
        Trainer.Run(
            Schedule.Start().Dense(Duration.Steps(1), LearningRate.Constant(1)).Build().On(net, 5),
            net,
            new ToyTask(3),
            new TrainerSettings(optimizer: OptimizerSettings.Sgd(0, 0), gradientClip: 0.001));
        var moved = ToyCase.Weights(net).Sum(w => w.Value.Zip(before[w.Key], (a, b) => Math.Pow(a - b, 2)).Sum());
        Assert.InRange(Math.Sqrt(moved), 1e-5, 0.00101);
    }

    /// <summary>A network of one convolution that oneDNN may not even try, and a linear layer.</summary>
    private sealed class Strided : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d _conv = nn.Conv2d(5, 20, 1, stride: 2);
        private readonly Linear _fc = nn.Linear(80, 3);

        public Strided()
            : base("strided") => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return _fc.call(_conv.call(input).tanh().flatten(1)).MoveToOuterDisposeScope();
        }
    }

    private sealed class StridedTask : ITrainingTask
    {
        public string Name => "strided";

        public int StepsPerEpoch => 5;

        public Tensor Loss(nn.Module model, long step)
        {
            using var scope = NewDisposeScope();
            return ((Strided)model).call(ones(4, 5, 4, 4)).square().mean().MoveToOuterDisposeScope();
        }

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => [Metric.Loss.Of(((Strided)model).call(ones(4, 5, 4, 4)).square().mean().item<float>())];
    }
}
