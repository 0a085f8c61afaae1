// Dense-sparse-dense once, twice or three times over the same eleven epochs; each round prunes less, like the paper's second.
//   dotnet fsi scripts/dsdsd.fsx           about a minute
//   dotnet fsi scripts/dsdsd.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp

let schedule rounds = dsd {
    dense (epochs 3) (cosine 0.05 0.005)

    for round in 1..rounds do
        let part = 4.0 / float rounds
        sparse (epochs part) (constant 0.002) (0.5 / float round) |> keep "fc3"
        dense (epochs part) (constant 0.002)
}

let results =
    study "rounds" [ for rounds in 1..3 -> $"rounds {rounds}", schedule rounds ]
    |> run (CatalogTrials())

show (schedule 2)
show (Draw.Timeline(schedule 2))
show results
show (Draw.Effects results)
