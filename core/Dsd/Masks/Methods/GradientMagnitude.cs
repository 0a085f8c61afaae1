using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Scores weights by |g|, the absolute dense gradient of the last step.</summary>
internal static class GradientMagnitude
{
    /// <summary>Returns the gradient, whose absolute value counts.</summary>
    /// <exception cref="DsdException">There is none.</exception>
    public static Tensor Score(MaskContext context) => context.Gradient ?? throw new DsdException($"{context.Name} is to be ranked by its gradient, but {context.WithoutGradient}, or rank by magnitude.");
}
