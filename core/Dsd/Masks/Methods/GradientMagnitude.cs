using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Scores weights by |g|, the absolute dense gradient of the last step.</summary>
internal static class GradientMagnitude
{
    public static Tensor Score(MaskContext context) => Of(context).abs();

    /// <summary>Returns the gradient.</summary>
    /// <exception cref="DsdException">There is none.</exception>
    public static Tensor Of(MaskContext context) => context.Gradient ?? throw new DsdException($"{context.Name} is to be ranked by its gradient, but {context.WithoutGradient}, or rank by magnitude.");
}
