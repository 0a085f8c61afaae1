using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>|w·g| by the dense gradient of the last step: how much the loss would change without the weight, to first order.</summary>
/// <remarks>Source: Molchanov et al., "Pruning convolutional neural networks for resource efficient inference", 2017.</remarks>
internal static class WeightTimesGradient
{
    public static Tensor Score(MaskContext context) => context.Gradient is { } gradient
        ? context.Weight.mul(gradient).abs()
        : throw new DsdException($"{context.Name} is to be ranked by weight × gradient, but there is no gradient before the first step. Begin with a dense phase, or rank by magnitude.");
}
