using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>What a choice of masks may look at in one pruned layer.</summary>
/// <param name="Weight">The live parameter and its name.</param>
/// <param name="Mask">The mask that holds now, or null at the first choice of a phase.</param>
/// <param name="PrunedValues">The values that pruned weights had when they were pruned, in the parameter's shape, or null where nothing asks for them.</param>
internal sealed record LiveLayer(PrunableWeight Weight, BitMask? Mask = null, Tensor? PrunedValues = null);
