using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>One batch of pairs for a network that takes two tensors and gives scores for every place: cross entropy with classes at random.</summary>
internal sealed class PairTask(Tensor first, Tensor second, int classes) : ITrainingTask
{
    public string Name => "noise";

    public int StepsPerEpoch => 1;

    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        var scores = ((nn.Module<Tensor, Tensor, Tensor>)model).call(first, second).reshape(-1, classes);
        return nn.functional.cross_entropy(scores, randint(classes, [scores.size(0)], dtype: ScalarType.Int64)).MoveToOuterDisposeScope();
    }

    /// <summary>Nothing is measured.</summary>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => [Metric.Loss.Of(0)];
}
