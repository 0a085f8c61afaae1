// How should eight epochs be divided among the three phases? Every variant trains
// equally long; a rate belongs to its phase, so a longer phase is also a longer time at its rate.
//   dotnet fsi scripts/phase-lengths.fsx           about a minute
//   dotnet fsi scripts/phase-lengths.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp

let schedule (first, second, third) = dsd {
    dense (epochs first) (cosine 0.05 0.005)
    sparse (epochs second) (constant 0.005) 0.50 |> keep "fc3"
    dense (epochs third) (constant 0.0005)
}

let splits = [ 6, 1, 1; 4, 2, 2; 2, 3, 3; 2, 5, 1; 2, 1, 5 ]

let results =
    study "phase-lengths" [ for a, b, c in splits -> $"{a}+{b}+{c}", schedule (float a, float b, float c) ]
    |> run (CatalogTrials())

show results
show (Draw.Timeline(schedule (2.0, 5.0, 1.0)))
show (Draw.Effects results)
