using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The activation function of Deep Speech, min(max(x, 0), 20) (Hannun et al., arXiv 1412.5567, section 2).</summary>
internal static class ClippedRectifier
{
    /// <summary>The upper bound of the output.</summary>
    public const float Ceiling = 20;

    /// <summary>The lower bound as a scalar; held here because TorchSharp does not keep arguments alive while libtorch reads them.</summary>
    public static Scalar Low { get; } = 0f;

    /// <summary>The upper bound as a scalar, held for the same reason.</summary>
    public static Scalar High { get; } = Ceiling;

    /// <summary>Applies the function elementwise.</summary>
    public static Tensor Apply(Tensor input) => input.clamp(Low, High);
}
