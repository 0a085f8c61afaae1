using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>What a trainer and a session say when the model, the data, the loss or the measure cannot be trained with.</summary>
public sealed class FaultTests
{
    private static readonly Schedule s_schedule = Schedule.Start().Dense(Duration.Steps(20), LearningRate.Constant(0.01)).Build();

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(double.NegativeInfinity, "−∞")]
    public void Run_WeightsAreNotFiniteAtTheStart_NamesParameterAndIndex(double value, string shown)
    {
        using var net = Broken(value);
        var message = Message(net, new FaultyTask());
        Assert.Contains($"net.fc2.weight holds {shown} at [1, 2]", message, StringComparison.Ordinal);
        Assert.Contains("before the first step", message, StringComparison.Ordinal);
        Assert.DoesNotContain("learning rate", message, StringComparison.Ordinal);
    }

    [Fact]
    public void BeginStep_WeightsAreNotFiniteAtTheStart_NamesParameterAndIndex()
    {
        using var net = Broken(double.NaN);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Schedule.Start().Sparse(1, 0.1, 0.5).Build().On(net, 5), net, optimizer);
        Assert.Contains("net.fc2.weight holds NaN at [1, 2]", Assert.Throws<DsdException>(() => session.BeginStep()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BeginStep_AFrozenParameterIsInfinite_IsNoFault()
    {
        using var net = Broken(double.NegativeInfinity);
        net.get_parameter("net.fc2.weight")!.requires_grad = false;
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(s_schedule.On(net, 5), net, optimizer);
        Assert.True(session.BeginStep());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Run_ABatchIsNotFinite_NamesDataStepAndPosition(int bad)
    {
        using var net = Net();
        var task = new FaultyTask { Input = (x, step) => step == bad ? x.index_put_(tensor(float.NaN), TensorIndex.Single(4), TensorIndex.Single(1)) : x };
        var message = Message(net, task, new TrainerSettings(logEverySteps: 1000));
        Assert.Contains($"faulty: the batch of step {bad} holds NaN at [4, 1] of an input of shape (8, 3)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("learning rate", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ValidationDataAreNotFinite_NamesSplitAndPosition()
    {
        using var net = Net();
        var message = Message(net, new FaultyTask { Input = (x, step) => step < 0 ? x.index_put_(tensor(float.NaN), TensorIndex.Single(2), TensorIndex.Single(0)) : x });
        Assert.Contains("faulty: the validation split holds NaN at [2, 0] of an input of shape (8, 3)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("learning rate", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TheLossGrowsUntilItOverflows_HasDiverged()
    {
        using var net = Net();
        var message = Message(net, new FaultyTask { Shape = (loss, _) => loss.square() }, rate: 1e30);
        Assert.Contains("Training has diverged", message, StringComparison.Ordinal);
        Assert.Matches(@"at step 0.*Lower the learning rate \(1E\+30 here\)", message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Run_TheLossFunctionGivesNaN_BlamesTheLossAndNotTheRate(int bad)
    {
        using var net = Net();
        var message = Message(net, new FaultyTask { Shape = (loss, step) => step == bad ? loss * (zeros(1).log() * 0).sum() : loss });
        Assert.Contains($"The loss of faulty is NaN at step {bad}", message, StringComparison.Ordinal);
        Assert.Contains("the weights, the batch and what every layer gives for it are finite", message, StringComparison.Ordinal);
        Assert.DoesNotContain("learning rate", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AGradientIsNaN_NamesTheWeightAndSaysThatTheLossWasFinite()
    {
        using var net = Net();
        var message = Message(net, new FaultyTask { Shape = (loss, step) => step == 3 ? loss + (loss - loss).sqrt() : loss });
        Assert.Contains("net.fc1.weight", message, StringComparison.Ordinal);
        Assert.Contains("at step 3: the gradient of net.fc1.weight holds NaN at [0, 0]", message, StringComparison.Ordinal);
        Assert.Contains("gradient", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AnInputOfTheWrongShape_NamesLayerAndStepInOneLine()
    {
        using var net = Net();
        using var other = Net();
        string[] messages =
        [
            Message(net, new FaultyTask { Input = (x, _) => x[.., ..2] }),
            Assert.Throws<DsdException>(() => FairComparison.Run([Arm.Dsd(s_schedule)], other, new FaultyTask { Input = (x, _) => x[.., ..2] })).Message,
        ];
        Assert.All(messages, message =>
        {
            Assert.Contains("step 0 failed in layer net.fc1 (Linear), weight (4, 3), for an input of shape (8, 2)", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
            Assert.DoesNotContain("frame #", message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Run_AnInputOfTheWrongShapeLater_NamesThatStep()
    {
        using var net = Net();
        Assert.Contains("step 6 failed in layer net.fc1", Message(net, new FaultyTask { Input = (x, step) => step == 6 ? x[.., ..2] : x }), StringComparison.Ordinal);
        using var other = Net();
        Assert.Contains("measuring on the validation split failed in layer net.fc1", Message(other, new FaultyTask { Input = (x, step) => step < 0 ? x[.., ..2] : x }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "gave no loss at step 2")]
    [InlineData("rows", "loss of shape (8) at step 2; a scalar is needed")]
    [InlineData("whole", "a loss of type Int64 at step 2; a floating-point number is needed")]
    [InlineData("detached", "loss at step 2 that has no gradient")]
    [InlineData("constant", "no trained parameter has a gradient after the backward pass of step 2")]
    public void Run_ALossThatCannotBeTrainedOn_SaysWhatIsWrongWithIt(string kind, string expected)
    {
        using var net = Net();
        var task = new FaultyTask
        {
            Shape = (loss, step) => step != 2 ? loss : kind switch
            {
                "none" => null!,
                "rows" => loss.expand(8),
                "whole" => loss.to(ScalarType.Int64),
                "detached" => loss.detach(),
                _ => ones(1, requires_grad: true).sum(),
            },
        };
        var message = Message(net, task);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Backward_OfALoopOfOnesOwn_ChecksTheLossToo()
    {
        using var net = Net();
        using var computation = new Computation(net);
        Assert.Contains("a loss of shape (4)", Assert.Throws<DsdException>(() => computation.Backward(() => ones(4))).Message, StringComparison.Ordinal);
        Assert.Contains("has no gradient", Assert.Throws<DsdException>(() => computation.Backward(() => ones([]))).Message, StringComparison.Ordinal);
        var message = Assert.Throws<DsdException>(() => computation.Backward(() => net.call(ones(8, 2)).sum())).Message;
        Assert.StartsWith("toy: the loss or its gradients cannot be computed: mat1 and mat2", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void MaskGradients_NothingWentBackward_SaysSo()
    {
        using var net = Net();
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(s_schedule.On(net, 5), net, optimizer);
        Assert.True(session.BeginStep());
        Assert.Contains("no trained parameter has a gradient after the backward pass of step 0", Assert.Throws<DsdException>(session.MaskGradients).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AnEvaluationWithoutMetricsOrLoss_SaysWhatIsMissing()
    {
        using var net = Net();
        Assert.Contains("faulty measured nothing on the validation split at step 5", Message(net, new FaultyTask { Measure = _ => [] }), StringComparison.Ordinal);
        using var second = Net();
        Assert.Contains("faulty measured nothing", Message(second, new FaultyTask { Measure = _ => null! }), StringComparison.Ordinal);
        using var third = Net();
        Assert.Contains("no 'loss' among the metrics of the validation split at step 5: accuracy", Message(third, new FaultyTask { Measure = m => [m[0]] }), StringComparison.Ordinal);
    }

    [Fact]
    public void AModuleWithoutParameters_IsToldOfRegisterComponents()
    {
        using var forgotten = new Forgotten();
        using var net = Net();
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        Action[] calls =
        [
            () => s_schedule.On(forgotten, 5),
            () => FairComparison.Run([Arm.Dsd(s_schedule)], forgotten, new FaultyTask()),
            () => _ = new Session(s_schedule.On(net, 5), forgotten, optimizer),
        ];
        Assert.All(calls, call =>
        {
            var message = Assert.ThrowsAny<DsdException>(call).Message;
            Assert.Contains("The module Forgotten has no parameters", message, StringComparison.Ordinal);
            Assert.Contains("RegisterComponents()", message, StringComparison.Ordinal);
            Assert.Contains("_fc", message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void ScoreFunction_ThatGivesNaNForFiniteWeights_IsBlamedAndNotTheRate()
    {
        using var net = Net();
        var phase = new Phase("sparse", Duration.Steps(2), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.Custom("mine")));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(new Schedule([phase]).On(net, 5), net, optimizer, methods: Dsd.Masks.MaskMethods.None.WithCriterion("mine", w => w.Weight.log()));
        var message = Assert.ThrowsAny<DsdException>(() => session.BeginStep()).Message;
        Assert.Contains("the score function 'mine'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("learning rate", message, StringComparison.Ordinal);
    }

    private static ToyNet Net() => new(3, 4, norm: false);

    private static ToyNet Broken(double value)
    {
        var net = Net();
        using (no_grad())
        {
            net.get_parameter("net.fc2.weight")!.index_put_(tensor((float)value), TensorIndex.Single(1), TensorIndex.Single(2));
        }

        return net;
    }

    private static string Message(nn.Module net, ITrainingTask task, TrainerSettings? settings = null, double rate = 0.01)
    {
        var schedule = Schedule.Start().Dense(Duration.Steps(20), LearningRate.Constant(rate)).Build();
        RunEnded? end = null;
        var message = Assert.ThrowsAny<DsdException>(() => Trainer.Run(schedule.On(net, 5), net, task, settings, e => end = e as RunEnded)).Message;
        Assert.True(end is null || (end.Outcome, end.Message) == (RunOutcome.Failed, message));
        return message;
    }

    /// <summary>A task of which one thing can be broken.</summary>
    private sealed class FaultyTask : ITrainingTask
    {
        private readonly ToyTask _toy = new(3);

        public string Name => "faulty";

        public int StepsPerEpoch => 5;

        public Func<Tensor, long, Tensor> Input { get; init; } = (x, _) => x;

        public Func<Tensor, long, Tensor> Shape { get; init; } = (loss, _) => loss;

        public Func<ValueList<MetricValue>, ValueList<MetricValue>> Measure { get; init; } = m => m;

        public Tensor Loss(nn.Module model, long step) => Shape(Mean(model, step), step);

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => Measure([Metric.Accuracy.Of(0.5), Metric.Loss.Of(Mean(model, -1).item<float>())]);

        private Tensor Mean(nn.Module model, long step)
        {
            var (x, y) = _toy.Batch(step);
            return nn.functional.cross_entropy(((nn.Module<Tensor, Tensor>)model).call(Input(x, step)), y);
        }
    }

    private sealed class Forgotten : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _fc = nn.Linear(3, 4);

        public Forgotten()
            : base(nameof(Forgotten))
        {
        }

        public override Tensor forward(Tensor input) => _fc.call(input);
    }
}
