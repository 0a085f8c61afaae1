// What should happen to the optimiser's state of pruned weights when the mask is lifted? The paper does not say; three answers.
// With Adam, since its second moments outlive the sparse phase; SGD's momentum has faded there by itself, and all answers agree.
//   dotnet fsi scripts/optimizer-state.fsx           some minutes
//   dotnet fsi scripts/optimizer-state.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Optimizers
open Dsd.Records
open Dsd.Schedules
open Dsd.Training

let schedule state = dsd {
    dense (epochs 3) (cosine 0.001 0.0001)
    sparse (epochs 2) (constant 0.0001) 0.70 |> keep "fc3" |> rebornState state
    dense (epochs 2) (constant 0.0001)
}

let settings seed = TrainerSettings(seed = seed, readTest = false, optimizer = OptimizerSettings.Adam())

let results =
    List.allPairs [ RebornState.Zero; RebornState.Kept; RebornState.Reset ] seeds
    |> progress (fun (state, seed) ->
        struct ((string state).ToLowerInvariant(), compareWith (settings seed) (schedule state)))

let ablation = Ablation("state on leaving", results)

show ablation
show (Draw.Ablation ablation)
