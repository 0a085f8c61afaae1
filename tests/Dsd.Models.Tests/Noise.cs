using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>Images of noise in two classes, for a few steps of training.</summary>
internal sealed class Noise(int channels, int side, int batch) : ILearningTask
{
    public string Name => "noise";

    public int StepsPerEpoch => 4;

    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)(step % StepsPerEpoch));
        var images = randn([batch, channels, side, side], generator: generator);
        var target = randint(2, [batch], dtype: ScalarType.Int64, generator: generator);
        List<Tensor> heads;
        if (model is IAuxiliaryScores all)
        {
            var (scores, auxiliary) = all.ScoresOfAllHeads(images);
            heads = [scores, .. auxiliary];
        }
        else
        {
            heads = [((nn.Module<Tensor, Tensor>)model).call(images)];
        }

        return heads.Select(head => nn.functional.cross_entropy(head, target)).Aggregate((sum, further) => sum + (0.3 * further)).MoveToOuterDisposeScope();
    }

    public ValueList<Metric> Evaluate(nn.Module model, DataSplit split)
    {
        using var scope = NewDisposeScope();
        var scores = ((nn.Module<Tensor, Tensor>)model).call(randn(batch, channels, side, side));
        return [new("accuracy", 0), new("loss", scores.square().mean().ToDouble())];
    }
}
