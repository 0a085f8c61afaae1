using System.Text.Json.Serialization;
using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>A run begins; what it was given.</summary>
/// <param name="Arm">The name of the arm, e.g. <c>"dsd"</c> or <c>"control"</c>.</param>
/// <param name="Schedule">What it does.</param>
/// <param name="Model">The name of the network.</param>
/// <param name="Shape">The network's parameters; with the schedule they give the plan again.</param>
/// <param name="Data">The name of the data set.</param>
/// <param name="StepsPerEpoch">Optimiser steps in one pass over the training split.</param>
/// <param name="TaskSettings">How batches are made, as text.</param>
/// <param name="Optimizer">The optimiser and its constants, as text.</param>
/// <param name="GradientClip">The largest norm that the gradient may have, or null for any.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Device">Where it computes, e.g. <c>"cpu"</c>.</param>
/// <param name="Threads">The threads that libtorch uses on the CPU.</param>
/// <param name="Platform">Operating system, processor, runtime and TorchSharp, as text.</param>
/// <param name="Version">The version of this library.</param>
/// <param name="Time">When it began.</param>
/// <param name="Computation">Precision, layout, and layers computed otherwise, as text. Default <c>"fp32"</c>.</param>
/// <param name="DataProblems">What was known to be wrong with the data before training began. Default null: nothing.</param>
public sealed record RunStarted(
    string Arm,
    Schedule Schedule,
    string Model,
    ModelShape Shape,
    string Data,
    int StepsPerEpoch,
    string TaskSettings,
    string Optimizer,
    double? GradientClip,
    long Seed,
    string Device,
    int Threads,
    string Platform,
    string Version,
    DateTimeOffset Time,
    string Computation = "fp32",
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<DataProblem>? DataProblems = null) : TrainingEvent
{
    /// <summary>The plan that the run carries out: the schedule on the network.</summary>
    /// <param name="methods">The distributions and patterns of the user's that the schedule names. Default null: none.</param>
    /// <exception cref="PlanException">The schedule names a distribution or pattern that was not given, or the record was changed by hand and does not fit its network.</exception>
    public Plan Plan(IPlanMethods? methods = null) => Plans.Plan.Resolve(Schedule, Shape, StepsPerEpoch, methods);
}
