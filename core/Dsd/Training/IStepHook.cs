using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Custom code within each training step, e.g. an all-reduce of gradients, a moving average of weights, or a callback.</summary>
/// <remarks>
/// A step is: gradients cleared, the loss and its backward pass, masked weights' gradients set to 0, <see cref="BeforeUpdate"/>,
/// clipping, the optimiser's step, masked weights exactly 0 again, <see cref="AfterUpdate"/>. Phases that several arms share are
/// trained once, so hooks are called once for them too. A criterion that ranks by gradients sees them as the backward pass of this
/// process left them. An exception ends the run as any other does.
/// </remarks>
public interface IStepHook
{
    /// <summary>Runs when all gradients of a step are computed and those of masked weights are 0; changes made here are clipped and applied. Default: does nothing.</summary>
    /// <param name="model">The model in training; parameters that the loss did not reach have no gradient.</param>
    /// <param name="step">The step, from 0.</param>
    void BeforeUpdate(nn.Module model, long step)
    {
    }

    /// <summary>Runs after the optimiser has changed the weights, when masked ones are exactly 0. Default: does nothing.</summary>
    /// <param name="model">The model in training.</param>
    /// <param name="step">The step, from 0.</param>
    void AfterUpdate(nn.Module model, long step)
    {
    }
}
