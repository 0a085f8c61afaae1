using Dsd.Records;
using Dsd.Runs;
using Dsd.Studies;
using Dsd.Tests.Training.Stacked;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>Trials of a network that can be trained from several seeds at once; what their tasks compute can be changed.</summary>
internal static class StackableTrials
{
    private const int Features = 6;

    /// <summary>Creates the source.</summary>
    /// <param name="obstacle">The obstacle that the network names. Default null: none.</param>
    /// <param name="inputs">Changes the inputs of a seed's step. Default null: they stay.</param>
    /// <param name="losses">Called before the losses of some seeds are computed at once. Default null: nothing.</param>
    public static StudySource Source(string? obstacle = null, Func<long, long, Tensor, Tensor>? inputs = null, Action<long>? losses = null) =>
        StudySource.Of(() => new StackableNet(Features, 8, obstacle), seed => new Changed(Points(seed), (step, batch) => inputs?.Invoke(seed, step, batch) ?? batch, losses ?? (_ => { })));

    /// <summary>A study of three arms, two of which share their first phase.</summary>
    public static Study Study(StudySource source, int seeds = 3) => new(
        "stackable",
        source.Config,
        [new("only", ToyTrials.Schedule(0.5))],
        [StudyArm.Dsd, StudyArm.RandomMask, StudyArm.Plain],
        Enumerable.Range(1, seeds).Select(s => (long)s));

    private static SupervisedTask Points(long seed)
    {
        return SupervisedTask.Of(Split("train", 32), Split("validation", 16), Split("test", 16), LossFunction.CrossEntropy, batchSize: 8, seed: seed, name: "points");

        static Examples Split(string name, int count)
        {
            var random = CounterRandom.For(1, name);
            var labels = Enumerable.Range(0, count).Select(i => random.Below(i, 3)).ToArray();
            return Examples.Of(labels.SelectMany((label, i) => Enumerable.Range(0, Features).Select(f => (float)(random.Normal((100 * i) + f + 1000) + (f == label ? 1 : 0)))).Chunk(Features).ToArray(), labels);
        }
    }

    private sealed class Changed(IBatchTask task, Func<long, Tensor, Tensor> inputs, Action<long> losses) : IBatchTask
    {
        public string Name => task.Name;

        public int StepsPerEpoch => task.StepsPerEpoch;

        public string Settings => task.Settings;

        public int? BatchSize => task.BatchSize;

        public ValueList<DataInventory.Entry> Contents => task.Contents;

        public (Tensor Inputs, Tensor Targets) Batch(long step, Device device) => task.Batch(step, device) is var (batch, targets) ? (inputs(step, batch), targets) : default;

        public Tensor Loss(nn.Module model, long step)
        {
            var (batch, targets) = Batch(step, CPU);
            return Loss(model, batch, targets);
        }

        public Tensor Loss(nn.Module model, Tensor inputs, Tensor targets) => task.Loss(model, inputs, targets);

        public Tensor StackedLoss(Tensor outputs, Tensor targets)
        {
            losses(outputs.shape[0]);
            return task.StackedLoss(outputs, targets);
        }

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => task.Evaluate(model, split);
    }
}
