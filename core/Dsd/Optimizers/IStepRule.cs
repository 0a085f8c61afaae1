using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>The update rule of one step for one parameter: constants and arithmetic.</summary>
/// <remarks>The arithmetic is written three times: in lanes, in a kernel for GPUs with the same bits, and in operators for tensors that are no plain rows of 32-bit floats.</remarks>
internal interface IStepRule
{
    /// <summary>The number of state tensors involved, at most 2.</summary>
    int States { get; }

    /// <summary>The name of the kernel that does the same on a GPU.</summary>
    string Kernel { get; }

    /// <summary>Writes the constants of that kernel, in its order.</summary>
    /// <param name="constants">At least <see cref="FusedStep.MostConstants"/> numbers.</param>
    void Constants(Span<float> constants);

    /// <summary>Updates one vector of weights.</summary>
    /// <param name="weight">The weights.</param>
    /// <param name="gradient">Their gradients.</param>
    /// <param name="first">The first state tensor's values, and then the new ones; anything where there is none or it is new.</param>
    /// <param name="second">The second state tensor's values, and then the new ones; anything where there is none.</param>
    /// <returns>The new weights.</returns>
    T Move<T>(T weight, T gradient, ref T first, ref T second)
        where T : struct, ILanes<T>;

    /// <summary>Updates all weights of several tensors of one type and device in place, with the same order of operations.</summary>
    /// <param name="weights">The parameters.</param>
    /// <param name="gradients">Their gradients; not changed.</param>
    /// <param name="first">Their first state tensors; empty where there are none.</param>
    /// <param name="second">Their second state tensors; empty where there are none.</param>
    void Move(Tensor[] weights, Tensor[] gradients, Tensor[] first, Tensor[] second);
}
