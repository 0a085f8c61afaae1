using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>Rejects a loss from which no gradient can be computed, before libtorch does.</summary>
internal static class LossCheck
{
    /// <summary>Checks a loss.</summary>
    /// <param name="loss">The result of a loss function.</param>
    /// <param name="source">Its source, e.g. the name of a task.</param>
    /// <param name="when">The time, e.g. <c>" at step 2"</c>; may be empty.</param>
    /// <exception cref="DsdException">It is null, not a scalar, not a floating-point number, or has no gradient.</exception>
    public static void Check(Tensor? loss, string source, string when)
    {
        if (loss is null)
        {
            throw new DsdException($"{source} gave no loss{when}, but null; return a scalar tensor.");
        }

        if (loss.numel() != 1)
        {
            throw new DsdException($"{source} gave a loss of shape ({string.Join(", ", loss.shape)}){when}; a scalar is needed: take its mean() or sum().");
        }

        if (!loss.is_floating_point())
        {
            throw new DsdException($"{source} gave a loss of type {loss.dtype}{when}; a floating-point number is needed.");
        }

        if (!loss.requires_grad)
        {
            throw new DsdException($"{source} gave a loss{when} that has no gradient: it was detached, computed under no_grad() or rebuilt from numbers, or no parameter that it comes from is trained.");
        }
    }
}
