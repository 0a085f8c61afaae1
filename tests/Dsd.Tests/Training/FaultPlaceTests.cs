using Dsd.Execution;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>The place that is named for a value that is not finite: the data, a layer, between layers, or the loss.</summary>
public sealed class FaultPlaceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_AFunctionBetweenLayersGivesInfinity_NamesThePlaceAndNotTheData(int inputs)
    {
        var message = Fault(inputs, (n, x) => n.Second((n.First(x[0]) * 0).log())).Message;
        Assert.Contains("−∞ at [0, 0] arises between layer fc1 (Linear), which gave (8, 4), and layer fc2 (Linear) at step 0", message, StringComparison.Ordinal);
        Assert.DoesNotContain("the batch of step", message, StringComparison.Ordinal);
        Assert.DoesNotContain("learning rate", message, StringComparison.Ordinal);
        Assert.Equal(inputs == 3, message.Contains("or is in a further input of the batch", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_AFunctionBeforeTheFirstLayerGivesNaN_NamesThePlaceAndNotTheData()
    {
        var message = Fault(1, (n, x) => n.Second(n.First((x[0] * 0).log() * 0))).Message;
        Assert.Contains("NaN at [0, 0] arises before layer fc1 (Linear) at step 0, though the weights and the batch are finite", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_AttentionOverflowsInTraining_HasDiverged(int inputs)
    {
        var fault = Fault(inputs, (n, x) =>
        {
            var h = n.First(x[0]);
            return n.Second(h.matmul(h.t()).exp().matmul(h));
        }, rate: 1e30);
        Assert.IsType<DivergedException>(fault);
        Assert.Contains("Training has diverged", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    public void Run_TheBatchItselfIsNotFinite_NamesTheData(int inputs, int bad)
    {
        var message = Fault(inputs, (n, x) => n.Second(n.First(x[0])), (x, step) => step == bad ? [x[0] / 0, .. x.Skip(1)] : x).Message;
        Assert.Contains($"places: the batch of step {bad} holds", message, StringComparison.Ordinal);
        Assert.Contains("of an input of shape (8, 3). Correct or remove these values.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_LaterInputIsNaN_NamesTheData()
    {
        var message = Fault(2, (n, x) => n.Second(n.First(x[0])) + x[1], (x, _) => [x[0], full(8, 3, float.NaN)]).Message;
        Assert.Contains("places: the batch of step 0 holds NaN at [0, 0] of an input of shape (8, 3)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_AMaskOfInfinityIsGiven_IsNoFault(int inputs)
    {
        var message = Fault(
            inputs,
            (n, x) => n.Second(n.First(x[0])) + n.Softmax(n.Scores(x[0]) + x[1]),
            (x, _) => [x[0], full(8, 3, 0f).index_fill(1, tensor(2L), float.NegativeInfinity), .. x.Skip(2)],
            loss => loss * (zeros(1).log() * 0).sum()).Message;
        Assert.Contains("The loss of places is NaN at step 0", message, StringComparison.Ordinal);
        Assert.DoesNotContain("between layer", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_OfAModelOfThreeInputs_CountsItsFirstLayerAlone()
    {
        using var net = Net(3, (n, x) => n.Second(n.First(x[0])));
        using var trace = new LayerTrace((nn.Module)net);
        for (var i = 0; i < 3; i++)
        {
            net.Call([ones(2, 3), ones(2, 3), ones(2, 3)]).Dispose();
        }

        Assert.Equal(3, trace.Calls);
    }

    private static DsdException Fault(int inputs, Func<Layers, Tensor[], Tensor> forward, Func<Tensor[], long, Tensor[]>? batch = null, Func<Tensor, Tensor>? shape = null, double rate = 0.01)
    {
        manual_seed(5);
        using var net = Net(inputs, forward);
        var plan = Schedule.Start().Dense(Duration.Steps(20), LearningRate.Constant(rate)).Build().On((nn.Module)net, 20);
        return Assert.ThrowsAny<DsdException>(() => Trainer.Run(plan, (nn.Module)net, new PlacesTask(inputs, batch ?? ((x, _) => x), shape ?? (l => l))));
    }

    private static INet Net(int inputs, Func<Layers, Tensor[], Tensor> forward) => inputs switch
    {
        1 => new OneInput(forward),
        2 => new TwoInputs(forward),
        _ => new ThreeInputs(forward),
    };

    private interface INet : IDisposable
    {
        Tensor Call(Tensor[] inputs);
    }

    private sealed class Layers(Linear first, Linear second, Linear scores, Softmax softmax)
    {
        public Tensor First(Tensor x) => first.call(x);

        public Tensor Second(Tensor x) => second.call(x);

        public Tensor Scores(Tensor x) => scores.call(x);

        public Tensor Softmax(Tensor x) => softmax.call(x);

        public static Layers In(nn.Module net)
        {
            var (first, second, scores, softmax) = (nn.Linear(3, 4), nn.Linear(4, 3), nn.Linear(3, 3), nn.Softmax(1));
            net.register_module("fc1", first);
            net.register_module("fc2", second);
            net.register_module("scores", scores);
            net.register_module("softmax", softmax);
            return new(first, second, scores, softmax);
        }
    }

    private sealed class OneInput : nn.Module<Tensor, Tensor>, INet
    {
        private readonly Func<Layers, Tensor[], Tensor> _forward;
        private readonly Layers _layers;

        public OneInput(Func<Layers, Tensor[], Tensor> forward)
            : base("one") => (_forward, _layers) = (forward, Layers.In(this));

        public override Tensor forward(Tensor input) => _forward(_layers, [input]);

        public Tensor Call(Tensor[] inputs) => call(inputs[0]);
    }

    private sealed class TwoInputs : nn.Module<Tensor, Tensor, Tensor>, INet
    {
        private readonly Func<Layers, Tensor[], Tensor> _forward;
        private readonly Layers _layers;

        public TwoInputs(Func<Layers, Tensor[], Tensor> forward)
            : base("two") => (_forward, _layers) = (forward, Layers.In(this));

        public override Tensor forward(Tensor input, Tensor second) => _forward(_layers, [input, second]);

        public Tensor Call(Tensor[] inputs) => call(inputs[0], inputs[1]);
    }

    /// <summary>A model whose own call cannot be watched.</summary>
    private sealed class ThreeInputs : nn.Module<Tensor, Tensor, Tensor, Tensor>, INet
    {
        private readonly Func<Layers, Tensor[], Tensor> _forward;
        private readonly Layers _layers;

        public ThreeInputs(Func<Layers, Tensor[], Tensor> forward)
            : base("three") => (_forward, _layers) = (forward, Layers.In(this));

        public override Tensor forward(Tensor input, Tensor second, Tensor third) => _forward(_layers, [input, second, third]);

        public Tensor Call(Tensor[] inputs) => call(inputs[0], inputs[1], inputs[2]);
    }

    private sealed class PlacesTask(int inputs, Func<Tensor[], long, Tensor[]> batch, Func<Tensor, Tensor> shape) : ITrainingTask
    {
        private readonly ToyTask _toy = new(3, 20);

        public string Name => "places";

        public int StepsPerEpoch => 20;

        public Tensor Loss(nn.Module model, long step)
        {
            var (x, y) = _toy.Batch(step);
            Tensor[] given = [x, .. Enumerable.Range(1, inputs - 1).Select(_ => zeros(8, 3))];
            return shape(nn.functional.cross_entropy(((INet)model).Call(batch(given, step)), y));
        }

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => [Metric.Accuracy.Of(0.5), Metric.Loss.Of(0.5)];
    }
}
