using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>Images of noise in two classes, for a few steps of training.</summary>
internal sealed class Noise(int channels, int side, int batch) : ITrainingTask
{
    public string Name => "noise";

    public int StepsPerEpoch => 4;

    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)(step % StepsPerEpoch));
        var images = randn([batch, channels, side, side], generator: generator);
        var target = randint(2, [batch], dtype: ScalarType.Int64, generator: generator);
        return IAuxiliaryScores.Loss((nn.Module<Tensor, Tensor>)model, images, scores => nn.functional.cross_entropy(scores, target)).MoveToOuterDisposeScope();
    }

    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        using var scope = NewDisposeScope();
        var scores = ((nn.Module<Tensor, Tensor>)model).call(randn(batch, channels, side, side));
        return [Metric.Accuracy.Of(0), Metric.Loss.Of(scores.square().mean().ToDouble())];
    }
}
