using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Code of the user's own within each training step: an all-reduce of gradients, a moving average of weights, a callback.</summary>
/// <remarks>
/// A step is: gradients taken away, the loss and its backward pass, masked weights' gradients set to 0, <see cref="BeforeUpdate"/>,
/// clipping, the optimiser's step, masked weights exactly 0 again, <see cref="AfterUpdate"/>. Phases that several arms share are
/// trained once, and so are their calls. A criterion that ranks by gradients sees them as the backward pass of this process left
/// them. An exception ends the run as any other does.
/// </remarks>
public interface IStepHook
{
    /// <summary>Runs when all gradients of a step are there and those of masked weights are 0; what it changes is clipped and learnt from. Default: nothing.</summary>
    /// <param name="model">The model in training; parameters that the step did not reach have no gradient.</param>
    /// <param name="step">The step, from 0.</param>
    void BeforeUpdate(nn.Module model, long step)
    {
    }

    /// <summary>Runs when the optimiser has changed the weights and masked ones are exactly 0. Default: nothing.</summary>
    /// <param name="model">The model in training.</param>
    /// <param name="step">The step, from 0.</param>
    void AfterUpdate(nn.Module model, long step)
    {
    }
}
