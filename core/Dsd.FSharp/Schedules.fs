namespace Dsd.FSharp

open Dsd
open Dsd.Plans
open Dsd.Schedules
open Dsd.Training
open TorchSharp
open Dsd.Execution

/// <summary>Functions on schedules, beside the members of <c>Dsd.Schedules.Schedule</c>; each takes the schedule last.</summary>
[<RequireQualifiedAccess>]
module Schedule =

    /// <summary>Creates a schedule from phases.</summary>
    /// <param name="phases">The phases in order, at least one.</param>
    /// <exception cref="T:System.ArgumentException">There is no phase.</exception>
    let ofPhases (phases: Phase seq) = Schedule(phases.ToValueList())

    /// <summary>Repeats the phases, with the names that a <c>for</c> loop in <c>dsd { … }</c> would assign.</summary>
    /// <param name="times">The number of repetitions, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is below 1.</exception>
    let repeat (times: int) (schedule: Schedule) = schedule.Repeat times

    /// <summary>Appends a schedule to another.</summary>
    /// <param name="next">The schedule that follows.</param>
    /// <param name="schedule">The schedule that comes first.</param>
    let andThen (next: Schedule) (schedule: Schedule) = schedule.Then next

    /// <summary>Derives the fair control: the same phases, lengths and rates without any mask.</summary>
    /// <param name="schedule">The schedule under test.</param>
    let control (schedule: Schedule) = schedule.AsDenseControl()

    /// <summary>Resolves a schedule against a live model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stepsPerEpoch">The number of optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="T:Dsd.Plans.PlanException">The schedule does not fit the model; all issues are in it. <c>Plan.tryResolve</c> returns them.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number of steps is below 1.</exception>
    let on (model: torch.nn.Module) (stepsPerEpoch: int) (schedule: Schedule) = schedule.On(model, stepsPerEpoch)

    /// <summary>Resolves a schedule that names custom distributions or patterns against a live model.</summary>
    /// <param name="methods">The custom methods, e.g. a <c>MaskMethods</c>.</param>
    /// <param name="model">The model.</param>
    /// <param name="stepsPerEpoch">The number of optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="T:Dsd.Plans.PlanException">The schedule does not fit the model; all issues are in it.</exception>
    let onWith (methods: IPlanMethods) (model: torch.nn.Module) (stepsPerEpoch: int) (schedule: Schedule) =
        schedule.On(model, stepsPerEpoch, methods)

    /// <summary>Writes a schedule as JSON, in the format of <c>ScheduleJson</c>.</summary>
    /// <param name="schedule">The schedule.</param>
    let toJson (schedule: Schedule) = schedule.ToJson()

    /// <summary>Reads a schedule from JSON, in the format of <c>ScheduleJson</c>.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The schedule, or a message that says where the text is invalid and why.</returns>
    let tryOfJson (json: string) =
        try
            Ok(Schedule.FromJson json)
        with :? JsonFormatException as e ->
            Error e.Message

/// <summary>The builder of <c>dsd { … }</c>; use it through the value <c>dsd</c>.</summary>
[<Sealed>]
type DsdBuilder internal () =

    /// <summary>Adds the phase on a line of its own.</summary>
    member _.Yield(phase: Phase) = [ phase ]

    /// <summary>Adds the phases after <c>yield!</c>.</summary>
    member _.YieldFrom(phases: Phase seq) = List.ofSeq phases

    /// <summary>Adds the phases of a whole schedule after <c>yield!</c>; those named by their position are renamed by the new one.</summary>
    member _.YieldFrom(schedule: Schedule) = List.ofSeq schedule.PhasesAsGiven

    /// <summary>Adds no phase, as from an <c>if</c> without <c>else</c>.</summary>
    member _.Zero() : Phase list = []

    /// <summary>Concatenates phases with those of the following lines.</summary>
    member _.Combine(first: Phase list, rest: unit -> Phase list) = first @ rest ()

    /// <summary>Delays the lines that follow.</summary>
    member _.Delay(rest: unit -> Phase list) = rest

    /// <summary>Concatenates the phases of all iterations of a loop.</summary>
    member _.For(items: 'T seq, body: 'T -> Phase list) = items |> Seq.map body |> List.concat

    /// <summary>Creates the schedule of all phases.</summary>
    member _.Run(phases: unit -> Phase list) = Schedule.ofPhases (phases ())

/// <summary>The computation expression for schedules.</summary>
[<AutoOpen>]
module ScheduleExpression =

    /// <summary>A schedule with one phase per line; <c>for</c>, <c>if</c>, <c>let</c> and <c>yield!</c> of phases or of a whole schedule are supported.</summary>
    /// <example><code>
    /// let schedule = dsd {
    ///     dense (epochs 6) (cosine 0.05 0.005)
    ///     sparse (epochs 3) (constant 0.005) 0.30 |> keep "conv1" |> level "fc*" 0.50
    ///     dense (epochs 3) (constant 0.0005)
    /// }
    /// </code></example>
    /// <exception cref="T:System.ArgumentException">There is no phase.</exception>
    let dsd = DsdBuilder()
