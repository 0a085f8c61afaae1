// Dense-sparse-dense once, twice or three times over the same eleven epochs; each round prunes less, as the paper's second.
//   dotnet fsi scripts/dsdsd.fsx           some minutes
//   dotnet fsi scripts/dsdsd.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Records

let schedule rounds = dsd {
    dense (epochs 3) (cosine 0.05 0.005)

    for round in 1..rounds do
        let part = 4.0 / float rounds
        sparse (epochs part) (constant 0.002) (0.5 / float round) |> keep "fc3"
        dense (epochs part) (constant 0.002)
}

let results =
    List.allPairs [ 1; 2; 3 ] seeds
    |> progress (fun (rounds, seed) -> struct (string rounds, compare seed (schedule rounds)))

let ablation = Ablation("rounds", results)

show (schedule 2)
show (Draw.Timeline(schedule 2))
show ablation
show (Draw.Ablation ablation)
