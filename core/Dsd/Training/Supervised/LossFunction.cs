using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A loss of a network's output against targets, with its metrics.</summary>
public sealed class LossFunction
{
    private readonly Func<Tensor, Tensor, Tensor> _batch;
    private readonly Func<Tensor, Tensor, Tensor>? _perExample;

    private LossFunction(string name, Func<Tensor, Tensor, Tensor> batch, Func<Tensor, Tensor, Tensor>? perExample, ValueList<TaskMetric> metrics) =>
        (Name, _batch, _perExample, Metrics) = (name, batch, perExample, metrics);

    /// <summary>
    /// Cross entropy in nats, measured with accuracy. Outputs are unnormalised scores (logits), shape (N, classes) or (N, classes, …); targets are class
    /// labels from 0, integers, shape (N) or (N, …).
    /// </summary>
    public static LossFunction CrossEntropy { get; } = new(
        "cross entropy",
        (output, target) => nn.functional.cross_entropy(output, target),
        (output, target) => nn.functional.cross_entropy(output, target, reduction: nn.Reduction.None).reshape(target.shape[0], -1).mean([1]),
        [TaskMetric.Accuracy])
    {
        TakesLabels = true,
    };

    /// <summary>Mean squared error. Outputs and targets are numbers of the same shape, apart from dimensions of size 1, as in (N, 1) and (N).</summary>
    public static LossFunction MeanSquaredError { get; } = new(
        "mean squared error",
        (output, target) => nn.functional.mse_loss(output, Like(output, target)),
        (output, target) => nn.functional.mse_loss(output, Like(output, target), reduction: nn.Reduction.None).reshape(target.shape[0], -1).mean([1]),
        [])
    {
        TakesNumbers = true,
    };

    /// <summary>The name in records.</summary>
    public string Name { get; }

    /// <summary>The metrics that are computed with it, besides the loss itself.</summary>
    internal ValueList<TaskMetric> Metrics { get; }

    /// <summary>True if targets must be class labels, of which the output has one score each.</summary>
    internal bool TakesLabels { get; private init; }

    /// <summary>True if targets must be floating-point numbers.</summary>
    internal bool TakesNumbers { get; private init; }

    /// <summary>True if every example is known to have a loss of its own, so that a mean over examples does not depend on their batches.</summary>
    internal bool IsOfEach => _perExample is not null;

    /// <summary>Creates a custom loss.</summary>
    /// <param name="function">
    /// The loss of outputs against targets: a differentiable scalar tensor that is a mean over the batch; or of shape (N), one loss per example,
    /// of which the mean is taken: then each test example's loss is kept, and arms are compared example by example.
    /// </param>
    /// <param name="name">The name in records. Default <c>"own loss"</c>.</param>
    public static LossFunction Of(Func<Tensor, Tensor, Tensor> function, string name = "own loss")
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new(name, function, null, []);
    }

    /// <summary>Computes the loss of a batch, a scalar.</summary>
    internal Tensor OfBatch(Tensor output, Tensor target)
    {
        var loss = _batch(output, target);
        return IsPerExample(loss, target) ? loss.mean() : loss;
    }

    /// <summary>Computes the losses of several batches, shape (k), from outputs and targets of shape (k, N, …).</summary>
    internal Tensor OfBatches(Tensor outputs, Tensor targets) => _perExample is not null
        ? _perExample(outputs.flatten(0, 1), targets.flatten(0, 1)).reshape(targets.shape[0], -1).mean([1])
        : stack([.. outputs.unbind(0).Zip(targets.unbind(0)).Select(b => OfBatch(b.First, b.Second))]);

    /// <summary>Computes the loss of each example, or one number if it is defined for the batch alone.</summary>
    internal Tensor OfEach(Tensor output, Tensor target) => (_perExample ?? _batch)(output, target);

    /// <summary>Returns the name.</summary>
    public override string ToString() => Name;

    private static bool IsPerExample(Tensor? loss, Tensor target) => loss is not null && loss.dim() == 1 && loss.shape[0] == target.shape[0];

    /// <summary>Reshapes targets to the output's shape if they differ only in dimensions of size 1: broadcasting would compare each with all.</summary>
    private static Tensor Like(Tensor output, Tensor target) =>
        output.shape.Where(d => d != 1).SequenceEqual(target.shape.Where(d => d != 1)) ? target.reshape(output.shape)
        : throw new DsdException($"The mean squared error needs outputs and targets of one shape; the model gave [{string.Join(", ", output.shape)}] for targets of [{string.Join(", ", target.shape)}].");
}
