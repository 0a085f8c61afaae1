namespace Dsd.FSharp.Tests

open System
open Dsd.FSharp
open Dsd.Plans
open Dsd.Schedules
open Dsd.Testing
open Xunit
open FsCheck
open FsCheck.FSharp
open FsCheck.Xunit
open Dsd.Statistics

[<Properties(Arbitrary = [| typeof<Generators> |])>]
type PlanTests() =

    [<Property>]
    member _.``a schedule that fits gives the plan``(case: PlanCase) =
        Assert.Equal(Ok(case.Resolve()), case.Schedule |> Plan.tryResolve case.Shape case.StepsPerEpoch)

    [<Property>]
    member _.``a schedule gives its plan, or every issue and no exception``
        (schedule: Schedule, shape: ModelShape, n: PositiveInt)
        =
        let issues = List.ofSeq (Plan.Check(schedule, shape, n.Get))
        let tried = schedule |> Plan.tryResolve shape n.Get

        match issues with
        | [] -> Assert.Equal(Ok(Plan.Resolve(schedule, shape, n.Get)), tried)
        | _ -> Assert.Equal(Error issues, tried)

        Prop.classify issues.IsEmpty "fits" (issues.IsEmpty || tried.IsError)

    [<Fact>]
    member _.``all issues of all phases are listed, in order``() =
        let shape = ModelShape.Empty.Linear("fc1", 8, 8).Linear("fc2", 8, 4)

        let tried =
            dsd {
                sparse (epochs 1) (constant 0.1) 0.5 |> keep "fc9" |> keep "conv1"
                sparse (steps 5) (constant 0.1) 0.5 |> remask 5
            }
            |> Plan.tryResolve shape 10

        match tried with
        | Ok plan -> failwith (plan.Describe())
        | Error issues ->
            Assert.Equal<string list>([ "DSD002"; "DSD002"; "DSD006" ], [ for issue in issues -> issue.Code ])

    [<Fact>]
    member _.``steps an epoch below one are a mistake of the program, not of the schedule``() =
        let resolve () = dsd { dense (epochs 1) (constant 0.1) } |> Plan.tryResolve ModelShape.Empty 0 |> ignore

        Assert.Throws<ArgumentOutOfRangeException> resolve |> ignore
