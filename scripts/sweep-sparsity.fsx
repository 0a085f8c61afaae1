// How much of the network should be pruned? Five seeds at each sparsity, each beside its own control.
//   dotnet fsi scripts/sweep-sparsity.fsx           some minutes
//   dotnet fsi scripts/sweep-sparsity.fsx --quick   some seconds

// %% Load the library and the setting
#load "fashion.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Records

// %% One schedule for each sparsity
let schedule sparsity = dsd {
    dense (epochs 3) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) sparsity |> keep "fc3"
    dense (epochs 2) (constant 0.0005)
}

// %% Train every seed of every sparsity
let sparsities = if quick then [ 0.3; 0.9 ] else [ 0.1; 0.3; 0.5; 0.7; 0.9; 0.95 ]

let results =
    List.allPairs sparsities seeds
    |> progress (fun (sparsity, seed) -> struct (string sparsity, compare seed (schedule sparsity)))

let ablation = Ablation("sparsity", results)

// %% The table
show ablation

// %% The picture
show (Draw.Ablation ablation)
