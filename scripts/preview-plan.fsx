// Writes a schedule, shows what it would do to each layer, fixes what does not fit, and changes it. Nothing is trained.
//   dotnet fsi scripts/preview-plan.fsx          two seconds; --quick changes nothing

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Models
open Dsd.Plans
open Dsd.Schedules

// %% The schedule in four lines
let schedule = dsd {
    dense (epochs 6) (cosine 0.02 0.002)
    sparse (epochs 3) (constant 0.002) 0.30
    dense (epochs 3) (constant 0.0002)
}

show (Draw.Timeline schedule)

// %% Its effect on LeNet-5, at 859 steps an epoch?
let lenet = LeNet5.Shape()
let plan = Plan.Resolve(schedule, lenet, 859)

show plan

// %% All mistakes are reported at once, before anything is trained
let slip = dsd {
    dense (epochs 6) (cosine 0.02 0.002)
    sparse (epochs 3) (constant 0.002) 0.30 |> keep "fc3" |> ramp 0.1
}

let issues =
    match slip |> Plan.tryResolve lenet 859 with
    | Ok _ -> []
    | Error issues -> issues |> List.map string

show (String.concat "\n" issues)

// %% Layers with levels of their own, and a ramp with a new mask every 100 steps
let edited = dsd {
    dense (epochs 6) (cosine 0.02 0.002)

    sparse (epochs 3) (constant 0.002) 0.50
    |> ramp 0.1
    |> remask 100
    |> level "conv2" 0.25
    |> keep "fc2"

    dense (epochs 3) (constant 0.0002)
}

let editedPlan = Plan.Resolve(edited, lenet, 859)

show (Draw.Timeline editedPlan)

// %% Layer by layer
show (Draw.Layers editedPlan)

// %% How many weights it keeps at the end of the sparse phase
let sparsePhase = editedPlan.Phases[1]
let weights = sparsePhase.Layers |> Seq.sumBy _.Weights

show $"{sparsePhase.TotalKeptAt(sparsePhase.Updates - 1L)} of {weights} weights stay"
