using Dsd.Models;
using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Classification of examples that lie in one tensor, in their order.</summary>
internal sealed class TensorTask(Tensor inputs, Tensor labels, int batch) : ITrainingTask
{
    public string Name => "noise";

    public int StepsPerEpoch => (int)(inputs.shape[0] / batch);

    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        var start = step % StepsPerEpoch * batch;
        var (input, target) = (inputs.narrow(0, start, batch), labels.narrow(0, start, batch));
        return IAuxiliaryScores.Loss((nn.Module<Tensor, Tensor>)model, input, scores => nn.functional.cross_entropy(scores, target)).MoveToOuterDisposeScope();
    }

    /// <summary>Nothing is measured: epochs are short here, and evaluation has a case of its own.</summary>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => [Metric.Loss.Of(0)];
}
