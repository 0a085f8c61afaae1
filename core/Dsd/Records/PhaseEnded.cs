using System.Text.Json.Serialization;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The last step of a phase is done and its mask, if any, is still in place.</summary>
/// <param name="Phase">Its place in the plan, from 0.</param>
/// <param name="Step">How many steps of the run were done.</param>
/// <param name="Layers">The count of every weight tensor of the network, pruned or not: measured, not planned.</param>
/// <param name="Histograms">The weights of every weight tensor of the network, pruned or not.</param>
/// <param name="ElapsedSeconds">How long the phase took, evaluations included.</param>
/// <param name="LeftOut">What could not be learnt from so far. Default null: nothing beyond what was known when the run began.</param>
public sealed record PhaseEnded(
    int Phase,
    long Step,
    ValueList<LayerCount> Layers,
    ValueList<WeightHistogram> Histograms,
    double ElapsedSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<DataProblem>? LeftOut = null) : TrainingEvent;
