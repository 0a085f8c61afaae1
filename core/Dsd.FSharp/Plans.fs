namespace Dsd.FSharp

open Dsd.Plans
open Dsd.Schedules

/// <summary>Functions on plans, beside the members of <c>Dsd.Plans.Plan</c>.</summary>
[<RequireQualifiedAccess>]
module Plan =

    /// <summary>Resolves a schedule, or returns every issue that prevents it.</summary>
    /// <param name="shape">The network, e.g. from <c>ModelInspection.ShapeOf model</c>.</param>
    /// <param name="stepsPerEpoch">The number of optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>The plan, or every issue in the order of the phases.</returns>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number of steps is below 1.</exception>
    let tryResolve (shape: ModelShape) (stepsPerEpoch: int) (schedule: Schedule) =
        try
            Ok(Plan.Resolve(schedule, shape, stepsPerEpoch))
        with :? PlanException as e ->
            Error(List.ofSeq e.Issues)

    /// <summary>Resolves a schedule that names custom distributions or patterns, or returns every issue that prevents it.</summary>
    /// <param name="methods">The custom methods, e.g. a <c>MaskMethods</c>.</param>
    /// <param name="shape">The network, e.g. from <c>ModelInspection.ShapeOf model</c>.</param>
    /// <param name="stepsPerEpoch">The number of optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>The plan, or every issue in the order of the phases.</returns>
    let tryResolveWith (methods: IPlanMethods) (shape: ModelShape) (stepsPerEpoch: int) (schedule: Schedule) =
        try
            Ok(Plan.Resolve(schedule, shape, stepsPerEpoch, methods))
        with :? PlanException as e ->
            Error(List.ofSeq e.Issues)
