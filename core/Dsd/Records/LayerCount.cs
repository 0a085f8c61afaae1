namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The counts of a weight tensor's kept and nonzero weights at the end of a phase.</summary>
    /// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
    /// <param name="Weights">The number of its weights.</param>
    /// <param name="Kept">The number that its mask keeps; all of them without a mask.</param>
    /// <param name="NonZero">The number that are not exactly zero.</param>
    public sealed record LayerCount(string Parameter, long Weights, long Kept, long NonZero);
}
