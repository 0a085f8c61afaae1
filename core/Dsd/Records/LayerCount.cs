namespace Dsd.Records;

/// <summary>How many weights of a tensor are free to train at the end of a phase.</summary>
/// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Weights">The number of its weights.</param>
/// <param name="Kept">How many its mask keeps; all of them where there is no mask.</param>
/// <param name="NonZero">How many are not exactly zero.</param>
public sealed record LayerCount(string Parameter, long Weights, long Kept, long NonZero);
