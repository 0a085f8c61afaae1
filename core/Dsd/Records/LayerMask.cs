namespace Dsd.Records;

/// <summary>What a mask does to one weight tensor.</summary>
/// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Weights">The number of its weights.</param>
/// <param name="Kept">How many are kept.</param>
/// <param name="NewlyPruned">How many were kept just before and are not any more.</param>
/// <param name="Regrown">How many were pruned just before in the same phase and are kept now.</param>
public sealed record LayerMask(string Parameter, long Weights, long Kept, long NewlyPruned, long Regrown);
