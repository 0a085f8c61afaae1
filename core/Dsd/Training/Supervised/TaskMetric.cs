using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A declared metric with the function that computes it from outputs and targets.</summary>
/// <remarks>Functions receive the network's output for some examples and their targets, on the network's device, without gradients.</remarks>
public sealed class TaskMetric
{
    private TaskMetric(Metric metric, Func<Tensor, Tensor, Tensor>? perExample, Func<Tensor, Tensor, Tensor>? value, bool isOverSplit)
    {
        ArgumentNullException.ThrowIfNull(metric);
        (Metric, OfEach, OfAll, IsOverSplit) = (metric, perExample, value, isOverSplit);
    }

    /// <summary>The fraction of examples whose correct class has the highest score: outputs of shape (N, classes, …), labels of shape (N, …).</summary>
    public static TaskMetric Accuracy { get; } = PerExample(Metric.Accuracy, (output, target) => output.argmax(1).eq(target).to(ScalarType.Float32).reshape(target.shape[0], -1).mean([1]));

    /// <summary>The declaration: name, goal and display format.</summary>
    public Metric Metric { get; }

    /// <summary>Computes the outcome of each example; null if there is no such function.</summary>
    internal Func<Tensor, Tensor, Tensor>? OfEach { get; }

    /// <summary>Computes the value over several examples, a scalar of 64-bit floats; null if there is no such function.</summary>
    internal Func<Tensor, Tensor, Tensor>? OfAll { get; }

    /// <summary>True if the value is computed once over all examples of a split.</summary>
    internal bool IsOverSplit { get; }

    /// <summary>Creates a metric that is a mean over examples, e.g. an accuracy or an absolute error. Arms are compared example by example on the test split.</summary>
    /// <param name="metric">The declaration.</param>
    /// <param name="outcomes">The outcome of each example: numbers or booleans, shape (N).</param>
    public static TaskMetric PerExample(Metric metric, Func<Tensor, Tensor, Tensor> outcomes)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(outcomes);
        return new(metric.AsMeanOverExamples(), outcomes, null, isOverSplit: false);
    }

    /// <summary>Creates a metric with one value per batch, averaged with the batches' numbers of examples as weights.</summary>
    /// <param name="metric">The declaration.</param>
    /// <param name="value">The value of a batch, a scalar tensor.</param>
    public static TaskMetric PerBatch(Metric metric, Func<Tensor, Tensor, Tensor> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(metric, null, (output, target) => Scalar(metric, value(output, target)), isOverSplit: false);
    }

    /// <summary>Creates a metric of a whole split at once, e.g. F1 or R², which are not means over batches.</summary>
    /// <param name="metric">The declaration.</param>
    /// <param name="value">The value, a scalar tensor, from all outputs and targets of a split, which are kept on the CPU for it.</param>
    public static TaskMetric OverSplit(Metric metric, Func<Tensor, Tensor, Tensor> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(metric, null, (output, target) => Scalar(metric, value(output, target)), isOverSplit: true);
    }

    /// <summary>Returns the name of the metric.</summary>
    public override string ToString() => Metric.Name;

    private static Tensor Scalar(Metric metric, Tensor value) => value?.numel() == 1
        ? value.detach().to(ScalarType.Float64, copy: true).reshape([])
        : throw new DsdException($"The function of the metric '{metric.Name}' gave {(value is null ? "null" : $"shape [{string.Join(", ", value.shape)}]")}; a scalar is needed. For one outcome an example, use TaskMetric.PerExample.");
}
