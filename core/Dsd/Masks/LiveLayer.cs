using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The live data of one pruned layer that a mask choice may read.</summary>
/// <param name="Context">The layer as a criterion sees it.</param>
/// <param name="PrunedValues">The values that pruned weights had when they were pruned, in the parameter's shape, or null if they are not needed.</param>
/// <param name="Given">The mask that given masks have for the layer; null if they have none.</param>
/// <param name="Allowed">The weights among which the rule chooses; null for all.</param>
/// <param name="ForUpdate">The layer as an update sees it, with the update's own state; null if there is no update.</param>
internal sealed record LiveLayer(MaskContext Context, Tensor? PrunedValues = null, MaskContext? ForUpdate = null, BitMask? Given = null, BitMask? Allowed = null)
{
    /// <summary>The current mask, or null at the first choice of a phase.</summary>
    public BitMask? Mask => Context.Mask;

    /// <summary>The weights, pruned ones with the values that they had when they were pruned, if these are remembered.</summary>
    public Tensor Values => this is { Mask: { } mask, PrunedValues: { } pruned } ? where(MaskedMemory.Pruned(mask, pruned.shape, pruned.device), pruned, Context.Weight) : Context.Weight;
}
