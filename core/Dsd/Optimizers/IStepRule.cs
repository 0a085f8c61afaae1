using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>What one step of an optimiser does to a parameter: its constants for this parameter at this step, and the arithmetic.</summary>
/// <remarks>The arithmetic is written twice, in lanes and in operators; the second is for tensors that are no plain rows of 32-bit floats.</remarks>
internal interface IStepRule
{
    /// <summary>How many state tensors take part, at most 2.</summary>
    int States { get; }

    /// <summary>Moves some weights.</summary>
    /// <param name="weight">The weights.</param>
    /// <param name="gradient">Their gradients.</param>
    /// <param name="first">The first state tensor's values, and then the new ones; anything where there is none or it is new.</param>
    /// <param name="second">The second state tensor's values, and then the new ones; anything where there is none.</param>
    /// <returns>The new weights.</returns>
    T Move<T>(T weight, T gradient, ref T first, ref T second)
        where T : struct, ILanes<T>;

    /// <summary>Moves all weights of some tensors of one type on one device, in place, in the same order of operations.</summary>
    /// <param name="weights">The parameters.</param>
    /// <param name="gradients">Their gradients; not changed.</param>
    /// <param name="first">Their first state tensors; empty where there are none.</param>
    /// <param name="second">Their second state tensors; empty where there are none.</param>
    void Move(Tensor[] weights, Tensor[] gradients, Tensor[] first, Tensor[] second);
}
