using System.Text.Json.Serialization;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Torch;

namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event at the start of a run, with its configuration.</summary>
    /// <param name="Arm">The name of the arm, e.g. <c>"dsd"</c> or <c>"control"</c>.</param>
    /// <param name="Schedule">The schedule.</param>
    /// <param name="Model">The name of the network.</param>
    /// <param name="Shape">The network's parameters; with the schedule they determine the plan.</param>
    /// <param name="Data">The name of the data set.</param>
    /// <param name="StepsPerEpoch">Optimiser steps in one pass over the training split.</param>
    /// <param name="TaskSettings">How batches are made, as text.</param>
    /// <param name="Optimizer">The optimiser and its constants, as text.</param>
    /// <param name="GradientClip">The largest gradient norm allowed by clipping; null without clipping.</param>
    /// <param name="Seed">The seed of the run.</param>
    /// <param name="Device">The device, e.g. <c>"cpu"</c>.</param>
    /// <param name="Threads">The number of CPU threads of libtorch.</param>
    /// <param name="Platform">Operating system, processor, runtime and TorchSharp, as text.</param>
    /// <param name="Version">The version of this library.</param>
    /// <param name="Time">The time at which the run started.</param>
    /// <param name="Computation">Precision, layout, and the exceptional layers known before the first step, as text; <see cref="RunRecord.Computation"/> adds those found later. Default <c>"fp32"</c>.</param>
    /// <param name="DataProblems">The problems of the data known before training. Default null: none.</param>
    /// <param name="Runtime">The process-wide changes in effect, e.g. oneDNN disabled; null in older records. Default null.</param>
    /// <param name="Accelerator">The GPU's name, its driver, the versions of CUDA and cuDNN, and where TF32 is used, as text; null on the CPU and in older records. Default null.</param>
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
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<DataProblem>? DataProblems = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TorchRuntimeState? Runtime = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Accelerator = null) : TrainingEvent
    {
        /// <summary>Resolves the plan of the run: the schedule on the network.</summary>
        /// <param name="methods">The custom distributions and patterns that the schedule names. Default null: none.</param>
        /// <exception cref="PlanException">The schedule names a distribution or pattern that was not given, or the record was changed by hand and does not fit its network.</exception>
        public Plan Plan(IPlanMethods? methods = null) => Plans.Plan.OfRecord(Schedule, Shape, StepsPerEpoch, methods);
    }
}
