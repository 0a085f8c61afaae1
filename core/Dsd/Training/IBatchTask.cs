using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A task whose batches are made apart from its loss, so that several seeds of one network can be trained at once, and a step be recorded on a GPU.</summary>
public interface IBatchTask : ITrainingTask
{
    /// <summary>
    /// What in its loss may need the host in the middle of a step, so that steps are recorded as CUDA graphs only on request; null if nothing does, as where the loss is made of
    /// tensors alone. Default: that it is not known.
    /// </summary>
    string? CaptureObstacle => $"it is not known whether the loss of {Name} reads anything on the host";

    /// <summary>Makes the batch of a step; the same bits at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <param name="device">The device of the model.</param>
    /// <returns>The inputs, shape (N, …), and the targets, shape (N, …), on the device; the caller owns both.</returns>
    (Tensor Inputs, Tensor Targets) Batch(long step, Device device);

    /// <summary>Computes the loss of a model on a batch: on that of a step with the bits of <see cref="ITrainingTask.Loss"/>.</summary>
    /// <param name="model">The model, in training mode.</param>
    /// <param name="inputs">The inputs of the batch.</param>
    /// <param name="targets">Its targets.</param>
    /// <returns>A differentiable scalar tensor; the caller owns it.</returns>
    Tensor Loss(nn.Module model, Tensor inputs, Tensor targets);

    /// <summary>Computes the losses of k networks, each on its own batch: for each the number that <see cref="ITrainingTask.Loss"/> gives, within rounding.</summary>
    /// <param name="outputs">The outputs of the networks, shape (k, N, …).</param>
    /// <param name="targets">The targets of their batches, shape (k, N, …).</param>
    /// <returns>The losses, shape (k), which can be differentiated; they belong to the caller's dispose scope.</returns>
    /// <exception cref="DsdException">The outputs do not fit the targets.</exception>
    Tensor StackedLoss(Tensor outputs, Tensor targets);

    /// <summary>Prepares the batches of several tasks of this type, so that those of a step are made together.</summary>
    /// <param name="tasks">The tasks of k networks, which differ in their seed alone.</param>
    /// <param name="device">The device of the networks.</param>
    /// <returns>
    /// A function from a step to what <see cref="Batch"/> of each task gives, in one tensor: the inputs, shape (k, N, …), and the targets, shape (k, N, …); the caller
    /// owns both. Default null: each task makes its own.
    /// </returns>
    Func<long, (Tensor Inputs, Tensor Targets)>? StackedBatches(IReadOnlyList<IBatchTask> tasks, Device device) => null;
}
