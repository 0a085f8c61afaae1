using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Images;

/// <summary>Counts how many images a network tells right.</summary>
internal sealed class ImageScore
{
    private const int Five = 5;
    private long _count;
    private long _first;
    private long _among;
    private double _loss;

    /// <summary>Adds the scores of some images.</summary>
    /// <param name="scores">Images·crops × classes.</param>
    /// <param name="target">The class of each image.</param>
    /// <param name="crops">Crops of each image, one after the other; their probabilities are averaged.</param>
    public void Add(Tensor scores, Tensor target, int crops)
    {
        if (crops > 1)
        {
            scores = scores.softmax(1).view(-1, crops, scores.shape[1]).mean([1]).log();
        }

        _count += target.shape[0];
        _first += scores.argmax(1).eq(target).sum().ToInt64();
        if (scores.shape[1] >= ImageClassification.ClassesForTopFive)
        {
            _among += scores.topk(Five, 1).indexes.eq(target.unsqueeze(1)).sum().ToInt64();
        }

        _loss += nn.functional.cross_entropy(scores, target, reduction: nn.Reduction.Sum).ToDouble();
    }

    /// <summary>The metrics.</summary>
    /// <param name="how">What is added to their names.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="withLoss">Whether the loss is one of them.</param>
    /// <exception cref="DsdException">No image was measured.</exception>
    public ValueList<Metric> Metrics(string how, int classes, bool withLoss)
    {
        if (_count == 0)
        {
            throw new DsdException("None of the images to be measured can be decoded.");
        }

        IEnumerable<Metric> metrics = [new("accuracy" + how, (double)_first / _count)];
        metrics = classes >= ImageClassification.ClassesForTopFive ? metrics.Append(new("top-5 accuracy" + how, (double)_among / _count)) : metrics;
        return (withLoss ? metrics.Append(new("loss" + how, _loss / _count)) : metrics).ToValueList();
    }
}
