using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>A network that computes by tensors alone, and of which several, each with its own weights, can be computed at once unless it names an obstacle: as one network with a further dimension.</summary>
/// <remarks>Seeds of one network that are trained at once share each operation on a GPU instead of waiting for one another. Nothing in its own forward pass branches on values of tensors, draws numbers on the host or reads from the device, so that a step can be recorded.</remarks>
public interface IStackable
{
    /// <summary>The reason why several of this network cannot be trained at once, naming the layer; null if they can.</summary>
    string? StackingObstacle { get; }

    /// <summary>Counts the values that one example leaves for the backward pass, from which follows how many of this network fit into a GPU's memory.</summary>
    /// <param name="example">The shape of one example, without the dimension of the batch.</param>
    /// <returns>Their number; null if it is not known, as by default: then 16 networks at most are trained at once unless the user gives a number.</returns>
    long? CountActivations(IReadOnlyList<long> example) => null;

    /// <summary>Computes the outputs of k networks, each on its own batch, in the mode of this one: training or evaluation.</summary>
    /// <param name="tensors">
    /// Parameters and buffers by the names they have in <c>state_dict</c>, each with a further first dimension of size k. The weights of this network itself
    /// are not used. In training mode running statistics are updated in place.
    /// </param>
    /// <param name="inputs">The batches, shape (k, N, …).</param>
    /// <returns>The outputs, shape (k, N, …); they belong to the caller's dispose scope.</returns>
    /// <exception cref="DsdException">The inputs do not fit the network, or it has a <see cref="StackingObstacle"/>: in training mode always, in evaluation mode unless the obstacle is one of training alone, as dropout is.</exception>
    Tensor StackedForward(IReadOnlyDictionary<string, Tensor> tensors, Tensor inputs);
}
