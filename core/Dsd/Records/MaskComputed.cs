using System.Text.Json.Serialization;

namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event of a mask update, the first of a phase or a later one.</summary>
    /// <remarks>
    /// The first and the last update of a phase have one, and all between if there are at most 500; of more, every k-th, so that masks chosen at each of many steps do not fill the log.
    /// </remarks>
    /// <param name="Phase">The index of the phase in the plan, from 0.</param>
    /// <param name="Step">The step of the run before which the masks were updated.</param>
    /// <param name="Layers">The counts of every pruned layer, for this update alone.</param>
    /// <param name="Unrecorded">The number of updates since the event before that have none of their own. Default 0.</param>
    public sealed record MaskComputed(
        int Phase,
        long Step,
        ValueList<LayerMask> Layers,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Unrecorded = 0) : TrainingEvent;
}
