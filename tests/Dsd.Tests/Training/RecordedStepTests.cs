using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Tests.Optimizers;
using Dsd.Tests.Torch;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Recorded steps, tried without a GPU: the recording is carried out anew at each replay, so that it shows whatever it reads from elsewhere.</summary>
public sealed class RecordedStepTests
{
    private readonly List<GraphOnCpu> _recordings = [];

    public static TheoryData<string, bool> Runs => new()
    {
        { "sgd", false },
        { "momentum", false },
        { "momentum", true },
        { "adam", false },
        { "adamw", true },
    };

    [SkippableTheory]
    [MemberData(nameof(Runs))]
    public void Train_WithRecordedSteps_HasTheBitsOfStepsOneByOne(string optimizer, bool clips)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        var expected = Train(optimizer, clips, Graph(refuses: true));
        _recordings.Clear();

        var actual = Train(optimizer, clips, Graph(refuses: false));

        Assert.Equal(expected.Weights, actual.Weights);
        Assert.Equal(Losses(expected.Events), Losses(actual.Events));
        Assert.Null(Notes(actual.Events));

        // Two graphs in the dense phase, two in the next, and twice two under moving masks; steps whose loss is sampled are recorded too.
        Assert.Equal(8, _recordings.Count);
        Assert.Equal(2 * 111, _recordings.Sum(r => r.Replays));
    }

    [Theory]
    [InlineData(StepCapture.Automatic, null, false)]
    [InlineData(StepCapture.Automatic, "", false)]
    [InlineData(StepCapture.Automatic, "1", false)]
    [InlineData(StepCapture.Automatic, "0", true)]
    [InlineData(StepCapture.Automatic, "off", true)]
    [InlineData(StepCapture.On, "0", false)]
    [InlineData(StepCapture.Off, "1", true)]
    public void IsOff_TheVariable_DecidesWhereTheSettingsLeaveItOpen(StepCapture capture, string? variable, bool expected) => Assert.Equal(expected, RecordedStep.IsOff(capture, variable));

    [SkippableFact]
    public void Train_WithoutClipping_HasTheBitsOfRunsThatRecordNothing()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");

        Assert.Equal(Train("momentum", clips: false, graphs: null).Weights, Train("momentum", clips: false, Graph(refuses: false)).Weights);
    }

    [SkippableFact]
    public void Train_AStepThatCannotBeRecorded_IsComputedAndTheRecordSaysWhy()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");

        var (_, events) = Train("momentum", clips: false, Graph(refuses: true));

        Assert.Single(_recordings);
        Assert.Contains("steps are not recorded: it waits", Notes(events), StringComparison.Ordinal);
    }

    [Fact]
    public void Train_OnACpu_SaysThatNothingIsRecorded()
    {
        var (_, events) = Train("momentum", clips: false, null, StepCapture.On);

        Assert.Contains("steps are not recorded: the network is not on a GPU", Notes(events), StringComparison.Ordinal);
    }

    [Fact]
    public void ObstacleOf_NamesWhatIsInTheWay()
    {
        using var optimizer = new MaskedSgd(new[] { new TorchSharp.Modules.Parameter(ones(1)) }, 0.1);
        using var other = optim.RMSProp(new[] { new TorchSharp.Modules.Parameter(ones(1)) });
        var task = Task();
        var settings = new TrainerSettings { Graphs = Graph(refuses: false) };
        using var model = nn.Linear(6, 3);
        using var own = new OwnCode();
        var ownLoss = SupervisedTask.Of(Examples.Of(zeros(8, 6), zeros(8, 3)), Examples.Of(zeros(1, 6), zeros(1, 3)), Examples.Of(zeros(2, 6), zeros(2, 3)), (output, target) => (output - target).abs().mean(), batchSize: 4);

        Assert.Contains("the code of OwnCode reads anything", RecordedStep.ObstacleOf(own, task, optimizer, settings, CPU), StringComparison.Ordinal);
        Assert.Contains("the custom loss reads anything", RecordedStep.ObstacleOf(model, ownLoss, optimizer, settings, CPU), StringComparison.Ordinal);
        Assert.Null(RecordedStep.ObstacleOf(own, ownLoss, optimizer, new TrainerSettings(capture: StepCapture.On) { Graphs = settings.Graphs }, CPU));
        Assert.Null(RecordedStep.ObstacleOf(model, task, optimizer, settings, CPU));
        Assert.Contains("not on a GPU", RecordedStep.ObstacleOf(model, task, optimizer, new TrainerSettings(), CPU), StringComparison.Ordinal);
        Assert.Contains("RMSProp reads its constants on the host", RecordedStep.ObstacleOf(model, task, other, settings, CPU), StringComparison.Ordinal);
        Assert.Contains("the step hook Nothing", RecordedStep.ObstacleOf(model, task, optimizer, new TrainerSettings(stepHook: new Nothing()) { Graphs = settings.Graphs }, CPU), StringComparison.Ordinal);
    }

    private static SupervisedTask Task()
    {
        var random = CounterRandom.For(3, "data");
        float[] Values(int count, int from) => Array.ConvertAll(Enumerable.Range(from, count).ToArray(), i => (float)random.Uniform(i) - 0.5f);
        Examples Of(int count, int from) => Examples.Of(tensor(Values(count * 6, from)).view(count, 6), tensor(Array.ConvertAll(Enumerable.Range(from, count).ToArray(), i => random.Below(1_000_000 + i, 3))));
        return SupervisedTask.Of(Of(160, 0), Of(16, 100_000), Of(16, 200_000), LossFunction.CrossEntropy, batchSize: 8, seed: 1);
    }

    private static ((string Name, string Values)[] Weights, List<TrainingEvent> Events) Train(string optimizer, bool clips, Func<IStepGraph>? graphs, StepCapture? capture = null)
    {
        FusedStep.OfCpu.Value = graphs is null ? null : StepKernelsOnCpu.Fused();
        try
        {
            manual_seed(5);
            using var model = nn.Sequential(("fc1", nn.Linear(6, 12)), ("bn", nn.BatchNorm1d(12)), ("act", nn.ReLU()), ("drop", nn.Dropout(0.2)), ("fc2", nn.Linear(12, 3)));
            var events = new List<TrainingEvent>();
            var schedule = Schedule.Start()
                .Dense(Duration.Steps(30), LearningRate.Cosine(0.1, 0.01))
                .Sparse(Duration.Steps(60), LearningRate.Constant(0.01), SparsityCurve.Constant(0.5), mask: new MaskRule(update: MaskUpdate.SparseEvolution(25)))
                .Dense(Duration.Steps(30), LearningRate.Constant(0.001))
                .Build();
            var settings = new TrainerSettings(1, Settings(optimizer), logEverySteps: 10, gradientClip: clips ? 0.5 : null, capture: capture ?? (graphs is null ? StepCapture.Automatic : StepCapture.On)) { Graphs = graphs };
            var task = Task();
            Trainer.Run(schedule.On(model, task.StepsPerEpoch), model, task, settings, events.Add);
            return ([.. model.state_dict().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, Convert.ToHexString(s.Value.bytes)))], events);
        }
        finally
        {
            FusedStep.OfCpu.Value = null;
        }
    }

    private static OptimizerSettings Settings(string optimizer) => optimizer switch
    {
        "sgd" => OptimizerSettings.Sgd(0, 0.001),
        "momentum" => OptimizerSettings.Sgd(0.9, 0.001, nesterov: true),
        "adam" => OptimizerSettings.Adam(0.001),
        _ => OptimizerSettings.AdamW(),
    };

    private static List<double> Losses(List<TrainingEvent> events) => events.OfType<StepSampled>().Select(s => s.Loss).ToList();

    private static string? Notes(List<TrainingEvent> events) => events.OfType<StepSampled>().SelectMany(s => s.ComputedOtherwise ?? []).Concat(events.OfType<Evaluated>().SelectMany(e => e.ComputedOtherwise ?? []))
        .Concat(events.OfType<RunStarted>().Select(s => s.Computation).Where(c => c.Contains("recorded", StringComparison.Ordinal))).FirstOrDefault();

    private Func<IStepGraph> Graph(bool refuses) => () =>
    {
        _recordings.Add(new GraphOnCpu(refuses));
        return _recordings[^1];
    };

    private sealed class Nothing : IStepHook;

    private sealed class OwnCode() : nn.Module<Tensor, Tensor>("own")
    {
        public override Tensor forward(Tensor input) => input;
    }
}
