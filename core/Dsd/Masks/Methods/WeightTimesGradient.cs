using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Scores weights by w·g, whose absolute value counts, with the dense gradient of the last step: the first-order change of the loss if the weight is removed.</summary>
/// <remarks>Source: Molchanov et al., "Pruning convolutional neural networks for resource efficient inference", 2017.</remarks>
internal static class WeightTimesGradient
{
    public static Tensor Score(MaskContext context) => context.Gradient is { } gradient
        ? context.Weight.mul(gradient)
        : throw new DsdException($"{context.Name} is to be ranked by weight × gradient, but {context.WithoutGradient}, or rank by magnitude.");
}
