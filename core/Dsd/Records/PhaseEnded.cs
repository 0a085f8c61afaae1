using System.Text.Json.Serialization;

namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event at the end of a phase: its last step is done and its mask, if any, is still in place.</summary>
    /// <param name="Phase">The index of the phase in the plan, from 0.</param>
    /// <param name="Step">The number of completed steps of the run.</param>
    /// <param name="Layers">The measured counts of every weight tensor of the network, pruned or not.</param>
    /// <param name="Histograms">The histogram of every weight tensor of the network, pruned or not.</param>
    /// <param name="ElapsedSeconds">The duration of the phase in seconds, evaluations included.</param>
    /// <param name="LeftOut">The examples excluded from training so far. Default null: none beyond those known when the run started.</param>
    public sealed record PhaseEnded(
        int Phase,
        long Step,
        ValueList<LayerCount> Layers,
        ValueList<WeightHistogram> Histograms,
        double ElapsedSeconds,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<DataProblem>? LeftOut = null) : TrainingEvent;
}
