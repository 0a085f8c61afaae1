namespace Dsd.FSharp

open Dsd
open Dsd.Schedules
open Dsd.Training
open TorchSharp
open Dsd.Execution

/// <summary>Functions on schedules, beside the members of <c>Dsd.Schedules.Schedule</c>; each takes the schedule last.</summary>
[<RequireQualifiedAccess>]
module Schedule =

    /// <summary>A schedule of given phases.</summary>
    /// <param name="phases">The phases in order, at least one.</param>
    /// <exception cref="T:System.ArgumentException">There is no phase.</exception>
    let ofPhases (phases: Phase seq) = Schedule(phases.ToValueList())

    /// <summary>The phases, several times over, named as a <c>for</c> loop in <c>dsd { … }</c> names them.</summary>
    /// <param name="times">How often, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is below 1.</exception>
    let repeat (times: int) (schedule: Schedule) = schedule.Repeat times

    /// <summary>A schedule, then another.</summary>
    /// <param name="next">What follows.</param>
    /// <param name="schedule">What comes first.</param>
    let andThen (next: Schedule) (schedule: Schedule) = schedule.Then next

    /// <summary>The fair control: the same phases, lengths and rates without any mask.</summary>
    /// <param name="schedule">The schedule under test.</param>
    let control (schedule: Schedule) = schedule.AsDenseControl()

    /// <summary>Resolves a schedule against a live model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="T:Dsd.Plans.PlanException">The schedule does not fit the model; all issues are in it. <c>Plan.tryResolve</c> returns them.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The steps are below 1.</exception>
    let on (model: torch.nn.Module) (stepsPerEpoch: int) (schedule: Schedule) = schedule.On(model, stepsPerEpoch)

    /// <summary>A schedule as JSON, in the format of <c>ScheduleJson</c>.</summary>
    /// <param name="schedule">The schedule.</param>
    let toJson (schedule: Schedule) = schedule.ToJson()

    /// <summary>Reads a schedule from JSON, in the format of <c>ScheduleJson</c>.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The schedule, or where in the text it is wrong and why.</returns>
    let tryOfJson (json: string) =
        try
            Ok(Schedule.FromJson json)
        with :? JsonFormatException as e ->
            Error e.Message

/// <summary>Makes <c>dsd { … }</c> work; what a script uses is the value <c>dsd</c>.</summary>
[<Sealed>]
type DsdBuilder internal () =

    /// <summary>A phase that stands alone on its line.</summary>
    member _.Yield(phase: Phase) = [ phase ]

    /// <summary>The phases after <c>yield!</c>.</summary>
    member _.YieldFrom(phases: Phase seq) = List.ofSeq phases

    /// <summary>The phases of a whole schedule after <c>yield!</c>; those that bear the name of their place are called after their new one.</summary>
    member _.YieldFrom(schedule: Schedule) = List.ofSeq schedule.PhasesAsGiven

    /// <summary>No phase, as from an <c>if</c> without <c>else</c>.</summary>
    member _.Zero() : Phase list = []

    /// <summary>Phases, then those of the lines that follow.</summary>
    member _.Combine(first: Phase list, rest: unit -> Phase list) = first @ rest ()

    /// <summary>Lines whose turn has not come.</summary>
    member _.Delay(rest: unit -> Phase list) = rest

    /// <summary>The phases of all rounds of a loop.</summary>
    member _.For(items: 'T seq, body: 'T -> Phase list) = items |> Seq.map body |> List.concat

    /// <summary>The schedule of all phases.</summary>
    member _.Run(phases: unit -> Phase list) = Schedule.ofPhases (phases ())

/// <summary>The expression in which schedules are written down.</summary>
[<AutoOpen>]
module ScheduleExpression =

    /// <summary>A schedule whose phases stand one on a line; <c>for</c>, <c>if</c>, <c>let</c> and <c>yield!</c> of phases or of a whole schedule work.</summary>
    /// <example><code>
    /// let schedule = dsd {
    ///     dense (epochs 6) (cosine 0.05 0.005)
    ///     sparse (epochs 3) (constant 0.005) 0.30 |> keep "conv1" |> level "fc*" 0.50
    ///     dense (epochs 3) (constant 0.0005)
    /// }
    /// </code></example>
    /// <exception cref="T:System.ArgumentException">There is no phase.</exception>
    let dsd = DsdBuilder()
