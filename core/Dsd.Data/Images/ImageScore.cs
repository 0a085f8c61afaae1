using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Accumulates the loss and accuracy of a network over images, on their device; <see cref="Metrics"/> reads them.</summary>
/// <param name="keepsOutcomes">True to keep the outcome of each image, unless there are too many.</param>
/// <param name="keepsPredictions">True to keep the class with the highest score of each image. Default false.</param>
internal sealed class ImageScore(bool keepsOutcomes, bool keepsPredictions = false) : IDisposable
{
    private const int Five = 5;
    private readonly (List<Tensor> Sums, List<Tensor> Outcomes) _right = ([], []);
    private readonly (List<Tensor> Sums, List<Tensor> Outcomes) _near = ([], []);
    private readonly (List<Tensor> Sums, List<Tensor> Outcomes) _losses = ([], []);
    private readonly List<Tensor> _predicted = [];
    private long _count;

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
        var predicted = scores.argmax(1);
        Count(predicted.eq(target), _right);
        if (keepsPredictions)
        {
            Keep(_predicted, predicted);
        }

        if (scores.shape[1] >= ImageClassification.ClassesForTopFive)
        {
            Count(scores.topk(Five, 1).indexes.eq(target.unsqueeze(1)).any(1), _near);
        }

        Keep(_losses.Sums, nn.functional.cross_entropy(scores, target, reduction: nn.Reduction.Sum));
        if (keepsOutcomes)
        {
            Keep(_losses.Outcomes, nn.functional.cross_entropy(scores, target, reduction: nn.Reduction.None));
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

        List<MetricValue> metrics = [Value(Metric.Accuracy, DeviceData.Read<long>(_right.Sums).Sum(), _right.Outcomes)];
        if (classes >= ImageClassification.ClassesForTopFive)
        {
            metrics.Add(Value(Metric.TopFiveAccuracy, DeviceData.Read<long>(_near.Sums).Sum(), _near.Outcomes));
        }

        if (withLoss)
        {
            metrics.Add(Value(Metric.Loss, DeviceData.Read<float>(_losses.Sums).Sum(l => (double)l), _losses.Outcomes));
        }

        return metrics.ToValueList();

        MetricValue Value(Metric metric, double sum, List<Tensor> outcomes) =>
            metric.WithName(metric.Name + how).Of(sum / _count, _count, ExampleOutcomes.Kept(DeviceData.ReadAll<float>(outcomes)));
    }

    /// <summary>Reads the class with the highest score of each image, in order.</summary>
    public long[] Predictions() => DeviceData.ReadAll<long>(_predicted);

    /// <summary>Releases what was accumulated.</summary>
    public void Dispose()
    {
        foreach (var tensor in new[] { _right, _near, _losses }.SelectMany(t => t.Sums.Concat(t.Outcomes)).Concat(_predicted))
        {
            tensor.Dispose();
        }
    }

    private void Count(Tensor right, (List<Tensor> Sums, List<Tensor> Outcomes) tally)
    {
        Keep(tally.Sums, right.sum());
        if (keepsOutcomes)
        {
            Keep(tally.Outcomes, right.to(ScalarType.Float32));
        }
    }

    private static void Keep(List<Tensor> list, Tensor tensor) => list.Add(tensor.DetachFromDisposeScope());
}
