namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event at the start of a phase: its first mask, if any, is in place and no step is done.</summary>
    /// <param name="Phase">The index of the phase in the plan, from 0.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Step">The first step of the phase in the run.</param>
    /// <param name="Steps">The number of steps of the phase.</param>
    /// <param name="Histograms">The histogram of every weight tensor of the network, pruned or not.</param>
    public sealed record PhaseStarted(int Phase, string Name, long Step, long Steps, ValueList<WeightHistogram> Histograms) : TrainingEvent;
}
