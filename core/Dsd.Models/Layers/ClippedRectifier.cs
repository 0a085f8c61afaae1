using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>min(max(x, 0), 20), the non-linearity of Deep Speech (Hannun et al., arXiv 1412.5567, section 2).</summary>
internal static class ClippedRectifier
{
    /// <summary>Where it stops rising.</summary>
    public const float Ceiling = 20;

    /// <summary>The lower bound; kept, since TorchSharp does not keep arguments alive while libtorch reads them.</summary>
    public static Scalar Low { get; } = 0f;

    /// <summary>The upper bound, kept likewise.</summary>
    public static Scalar High { get; } = Ceiling;

    /// <summary>Applies it.</summary>
    public static Tensor Apply(Tensor input) => input.clamp(Low, High);
}
