// What should happen to the momentum of pruned weights when the mask is lifted? The paper does not say; three answers.
//   dotnet fsi scripts/optimizer-state.fsx           some minutes
//   dotnet fsi scripts/optimizer-state.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Records
open Dsd.Schedules

let schedule state = dsd {
    dense (epochs 3) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) 0.70 |> keep "fc3" |> rebornState state
    dense (epochs 2) (constant 0.005)
}

let states = [ RebornState.Zero; RebornState.Kept; RebornState.Reset ]

let results =
    List.allPairs states seeds
    |> progress (fun (state, seed) -> struct ((string state).ToLowerInvariant(), compare seed (schedule state)))

let ablation = Ablation("state on leaving", results)

show ablation
show (Draw.Ablation ablation)
