using Dsd.Models;
using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Classification of examples that lie in one tensor, in their order.</summary>
internal sealed class TensorTask(Tensor inputs, Tensor labels, int batch) : IBatchTask
{
    public string Name => "noise";

    public int StepsPerEpoch => (int)(inputs.shape[0] / batch);

    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(step, inputs.device);
        return Loss(model, input, target).MoveToOuterDisposeScope();
    }

    public string? CaptureObstacle => null;

    public (Tensor Inputs, Tensor Targets) Batch(long step, Device device)
    {
        var start = step % StepsPerEpoch * batch;
        return (inputs.narrow(0, start, batch), labels.narrow(0, start, batch));
    }

    public Tensor Loss(nn.Module model, Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return IAuxiliaryScores.Loss((nn.Module<Tensor, Tensor>)model, inputs, scores => nn.functional.cross_entropy(scores, targets)).MoveToOuterDisposeScope();
    }

    public Tensor StackedLoss(Tensor outputs, Tensor targets) =>
        nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction: nn.Reduction.None).view(outputs.shape[0], -1).mean([1]);

    /// <summary>Nothing is measured: epochs are short here, and evaluation has a case of its own.</summary>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => [Metric.Loss.Of(0)];
}
