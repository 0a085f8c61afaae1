namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The counts of one weight tensor's mask.</summary>
    /// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
    /// <param name="Weights">The number of its weights.</param>
    /// <param name="Kept">The number of kept weights.</param>
    /// <param name="NewlyPruned">The number kept before this update and pruned by it.</param>
    /// <param name="Regrown">The number pruned before in the same phase and kept now.</param>
    public sealed record LayerMask(string Parameter, long Weights, long Kept, long NewlyPruned, long Regrown);
}
