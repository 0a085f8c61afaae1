using TorchSharp.Modules;

namespace Dsd.Masks;

/// <summary>What a score function of the user's is given: a weight tensor and its name.</summary>
/// <param name="Name">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Weight">
/// The live parameter, to be read, not changed. In a session its gradient is that of the last step for every weight, pruned ones too, before
/// masks and clipping, under any optimiser; before the first step it is what the model came with, null for a new one. Pruned weights are 0.
/// </param>
public sealed record PrunableWeight(string Name, Parameter Weight);
