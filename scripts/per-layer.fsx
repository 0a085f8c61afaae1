// One sparsity for all layers, levels of their own, or one ranking over all layers? The same number of weights stays in each.
//   dotnet fsi scripts/per-layer.fsx           about a minute
//   dotnet fsi scripts/per-layer.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Plans
open Dsd.Schedules

let schedule (change: Phase -> Phase) = dsd {
    dense (epochs 3) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) 0.50 |> change
    dense (epochs 2) (constant 0.0005)
}

// fc1 has 235,200 of the weights, fc2 30,000 and fc3 1,000; each variant prunes 133,100 of them.
let variants =
    [ "uniform", schedule id
      "more of fc1", schedule (level "fc1" 0.55 >> level "fc2" 0.12 >> level "fc3" 0.14)
      "more of fc2", schedule (level "fc1" 0.45 >> level "fc2" 0.90 >> level "fc3" 0.26)
      "one ranking", schedule globally ]

for name, variant in variants do
    let plan = Plan.Resolve(variant, LeNet300100.Shape(), 200)
    printfn "%-12s keeps %d weights" name (plan.Phases[1].TotalKeptAt 0L)

show (Draw.Layers(Plan.Resolve(snd variants[2], LeNet300100.Shape(), 200)))

let results = study "per-layer" variants |> run (CatalogTrials())

show results
show (Draw.Effects results)
