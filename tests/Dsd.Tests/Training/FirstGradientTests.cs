using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>The gradients of one batch, by which the masks of a first phase rank, are no step of training.</summary>
public class FirstGradientTests
{
    [Fact]
    public void Snip_OfItsFirstBatch_LeavesNoLossInTheRecord()
    {
        using var net = new ToyNet(4, 8, dropout: 0.5);
        var events = new List<TrainingEvent>();
        using var run = new TrainingRun(Snip(net), net, new Watched(), new TrainerSettings(3, logEverySteps: 1), events.Add, (_, _) => { });

        run.RunTo(4, default);

        using var state = run.Capture();
        var samples = events.OfType<StepSampled>().ToList();
        Assert.Equal([0L, 1L, 2L, 3L], samples.Select(s => s.Step));
        Assert.Equal((0L, samples[0].Loss), state.Losses.First);
        Assert.Equal(samples.Min(s => s.Loss), state.Losses.Lowest);
    }

    [Fact]
    public void Snip_OfItsFirstBatch_LeavesTheRandomStreamOfTraining()
    {
        using var net = new ToyNet(4, 8, dropout: 0.5);
        var task = new Watched();
        using var run = new TrainingRun(Snip(net), net, task, new TrainerSettings(3), _ => { }, (_, _) => { });
        manual_seed(3);
        var seeded = get_rng_state().bytes.ToArray();

        run.RunTo(1, default);

        Assert.Equal(2, task.RandomStates.Count);
        Assert.All(task.RandomStates, state => Assert.Equal(seeded, state));
    }

    [Fact]
    public void Snip_OfAFirstBatchWithoutAFiniteLoss_FailsWithARecordThatFolds()
    {
        using var net = new ToyNet(4, 8);
        var events = new List<TrainingEvent>();
        using var run = new TrainingRun(Snip(net), net, new Watched { FirstFactor = double.NaN }, new TrainerSettings(3), events.Add, (_, _) => { });

        var error = Assert.ThrowsAny<DsdException>(() => run.RunTo(4, default));

        Assert.Contains("step 0", error.Message, StringComparison.Ordinal);
        Assert.Empty(events.OfType<StepSampled>());
        Assert.Empty(RunRecord.Fold(events).Phases);
    }

    [Fact]
    public void Snip_WhoseFirstBatchFails_LeavesTheRandomStreamAndBuffers()
    {
        using var net = new ToyNet(4, 8, dropout: 0.5);
        var before = ToyCase.Weights(net);
        using var run = new TrainingRun(Snip(net), net, new Watched { FirstFactor = double.NaN }, new TrainerSettings(3), _ => { }, (_, _) => { });
        var random = get_rng_state().bytes.ToArray();

        Assert.ThrowsAny<DsdException>(() => run.RunTo(4, default));

        ToyCase.AssertSameBits(before, ToyCase.Weights(net));
        Assert.Equal(random, get_rng_state().bytes.ToArray());
    }

    private static Plan Snip(ToyNet net) => Methods.Snip(Duration.Steps(4), LearningRate.Constant(0.1), 0.5).On(net, 5);

    private sealed class Watched : ITrainingTask
    {
        private readonly ToyTask _task = new(4);

        public string Name => _task.Name;

        public int StepsPerEpoch => _task.StepsPerEpoch;

        /// <summary>The factor on the loss of the first call.</summary>
        public double FirstFactor { get; init; } = 1;

        /// <summary>The state of libtorch's random generator at each call.</summary>
        public List<byte[]> RandomStates { get; } = [];

        public Tensor Loss(nn.Module model, long step)
        {
            RandomStates.Add([.. get_rng_state().bytes]);
            var loss = _task.Loss(model, step);
            return RandomStates.Count == 1 ? loss.mul(FirstFactor) : loss;
        }

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => _task.Evaluate(model, split);
    }
}
