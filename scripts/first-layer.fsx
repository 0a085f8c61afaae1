// The paper keeps the first layer of its convolutional networks dense. Does it matter which end of this network is pruned?
//   dotnet fsi scripts/first-layer.fsx           about a minute
//   dotnet fsi scripts/first-layer.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Schedules

let schedule (rules: LayerScope -> LayerScope) = dsd {
    dense (epochs 3) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) 0.70 |> scope rules
    dense (epochs 2) (constant 0.0005)
}

let first, last = LayerSelector.First(), LayerSelector.Last()

let results =
    study
        "first-layer"
        [ "none", schedule id
          "first", schedule _.Keep(first)
          "last", schedule _.Keep(last)
          "first and last", schedule _.Keep(first).Keep(last) ]
    |> run (CatalogTrials())

show results
show (Draw.Effects results)
