namespace Dsd.FSharp

open Dsd.Plans
open Dsd.Schedules

/// <summary>Functions on plans, beside the members of <c>Dsd.Plans.Plan</c>.</summary>
[<RequireQualifiedAccess>]
module Plan =

    /// <summary>Resolves a schedule, or says everything that stands against it.</summary>
    /// <param name="shape">The network, e.g. from <c>ModelInspection.ShapeOf model</c>.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>The plan, or every issue in the order of the phases.</returns>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The steps are below 1.</exception>
    let tryResolve (shape: ModelShape) (stepsPerEpoch: int) (schedule: Schedule) =
        try
            Ok(Plan.Resolve(schedule, shape, stepsPerEpoch))
        with :? PlanException as e ->
            Error(List.ofSeq e.Issues)
