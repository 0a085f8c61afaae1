using TorchSharp.Modules;

namespace Dsd.Masks;

/// <summary>What a score function of the user's is given: a weight tensor and its name.</summary>
/// <param name="Name">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Weight">The live parameter, with its gradient where there is one; to be read, not changed.</param>
public sealed record PrunableWeight(string Name, Parameter Weight);
