using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>What a choice of masks may look at in one pruned layer.</summary>
/// <param name="Context">The layer as a criterion sees it.</param>
/// <param name="PrunedValues">The values that pruned weights had when they were pruned, in the parameter's shape, or null where nothing asks for them.</param>
/// <param name="ForUpdate">The layer as an update sees it, which remembers other things of it; null where there is none.</param>
internal sealed record LiveLayer(MaskContext Context, Tensor? PrunedValues = null, MaskContext? ForUpdate = null)
{
    /// <summary>The mask that holds now, or null at the first choice of a phase.</summary>
    public BitMask? Mask => Context.Mask;
}
