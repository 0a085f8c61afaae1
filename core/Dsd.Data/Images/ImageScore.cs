using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Accumulates the loss and accuracy of a network over images.</summary>
/// <param name="keepsOutcomes">True to keep the outcome of each image, unless there are too many.</param>
internal sealed class ImageScore(bool keepsOutcomes)
{
    private const int Five = 5;
    private long _count;
    private long _first;
    private long _among;
    private double _loss;
    private readonly List<float> _right = [];
    private readonly List<float> _near = [];
    private readonly List<float> _losses = [];

    /// <summary>Adds the scores of a batch of images.</summary>
    /// <param name="scores">The scores, shape (images·crops, classes).</param>
    /// <param name="target">The class of each image.</param>
    /// <param name="crops">The number of crops of each image, which are adjacent rows; their probabilities are averaged.</param>
    public void Add(Tensor scores, Tensor target, int crops)
    {
        if (crops > 1)
        {
            scores = scores.softmax(1).view(-1, crops, scores.shape[1]).mean([1]).log();
        }

        _count += target.shape[0];
        _first += Count(scores.argmax(1).eq(target), _right);
        if (scores.shape[1] >= ImageClassification.ClassesForTopFive)
        {
            _among += Count(scores.topk(Five, 1).indexes.eq(target.unsqueeze(1)).any(1), _near);
        }

        _loss += nn.functional.cross_entropy(scores, target, reduction: nn.Reduction.Sum).ToDouble();
        if (keepsOutcomes)
        {
            _losses.AddRange(nn.functional.cross_entropy(scores, target, reduction: nn.Reduction.None).cpu().data<float>().ToArray());
        }
    }

    /// <summary>Computes the metrics.</summary>
    /// <param name="how">The suffix of their names.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="withLoss">True to include the loss.</param>
    /// <exception cref="DsdException">No image was measured.</exception>
    public ValueList<MetricValue> Metrics(string how, int classes, bool withLoss)
    {
        if (_count == 0)
        {
            throw new DsdException("None of the images to measure can be decoded.");
        }

        List<MetricValue> metrics = [Value(Metric.Accuracy, _first, _right)];
        if (classes >= ImageClassification.ClassesForTopFive)
        {
            metrics.Add(Value(Metric.TopFiveAccuracy, _among, _near));
        }

        if (withLoss)
        {
            metrics.Add(Value(Metric.Loss, _loss, _losses));
        }

        return metrics.ToValueList();

        MetricValue Value(Metric metric, double sum, List<float> outcomes) =>
            metric.WithName(metric.Name + how).Of(sum / _count, _count, ExampleOutcomes.Kept(outcomes));
    }

    private long Count(Tensor right, List<float> outcomes)
    {
        if (keepsOutcomes)
        {
            outcomes.AddRange(right.to(ScalarType.Float32).cpu().data<float>().ToArray());
        }

        return right.sum().ToInt64();
    }
}
