namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event of a mask update, the first of a phase or a later one.</summary>
    /// <param name="Phase">The index of the phase in the plan, from 0.</param>
    /// <param name="Step">The step of the run before which the masks were updated.</param>
    /// <param name="Layers">The counts of every pruned layer.</param>
    public sealed record MaskComputed(int Phase, long Step, ValueList<LayerMask> Layers) : TrainingEvent;
}
