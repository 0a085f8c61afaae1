using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The masks of a phase were chosen, for the first time or anew.</summary>
/// <param name="Phase">The phase's place in the plan, from 0.</param>
/// <param name="Step">The step of the run before which they were chosen.</param>
/// <param name="Layers">The counts of every pruned layer.</param>
public sealed record MaskComputed(int Phase, long Step, ValueList<LayerMask> Layers) : TrainingEvent;
