/// The names of the face beside those of the core, opened in either order.
namespace Dsd.FSharp.Tests

open Xunit

module CoreFirst =
    open Dsd.Schedules
    open Dsd.Plans
    open Dsd.Records
    open Dsd.FSharp

    let ofCore = Schedule.Dsd(epochs 1, epochs 2, epochs 3, 0.5, 0.1)
    let ofFace = Schedule.ofPhases ofCore.Phases
    let typed: Schedule = Schedule.FromJson(Schedule.toJson ofFace)
    let plan: Plan = Plan.Resolve(typed, ModelShape.Empty.Linear("fc", 4, 4), 10)
    let tried = typed |> Plan.tryResolve plan.Shape plan.StepsPerEpoch
    let event: TrainingEvent = TrainingEvent.StepSampled(1L, 0.1, 2.0)

    let seen =
        match event with
        | StepSampled sampled -> sampled.Loss
        | _ -> 0

module FaceFirst =
    open Dsd.FSharp
    open Dsd.Records
    open Dsd.Plans
    open Dsd.Schedules

    let ofCore = Schedule.Dsd(epochs 1, epochs 2, epochs 3, 0.5, 0.1)
    let ofFace = Schedule.ofPhases ofCore.Phases
    let typed: Schedule = Schedule.FromJson(Schedule.toJson ofFace)
    let plan: Plan = Plan.Resolve(typed, ModelShape.Empty.Linear("fc", 4, 4), 10)
    let tried = typed |> Plan.tryResolve plan.Shape plan.StepsPerEpoch
    let event: TrainingEvent = TrainingEvent.StepSampled(1L, 0.1, 2.0)

    let seen =
        match event with
        | StepSampled sampled -> sampled.Loss
        | _ -> 0

type NameTests() =

    [<Fact>]
    member _.``the core's types and the face's functions share their names, opened in either order``() =
        Assert.Equal(CoreFirst.ofCore, FaceFirst.typed)
        Assert.Equal(CoreFirst.typed, FaceFirst.ofFace)
        Assert.Equal(CoreFirst.tried, FaceFirst.tried)
        Assert.Equal(Ok CoreFirst.plan, FaceFirst.tried)
        Assert.Equal(CoreFirst.seen, FaceFirst.seen)
