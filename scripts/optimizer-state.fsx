// What should happen to the optimiser's state of pruned weights when the mask is lifted? The paper does not say; three answers.
// With Adam, since its second moments outlast the sparse phase; SGD's momentum has decayed by then, and all answers agree.
//   dotnet fsi scripts/optimizer-state.fsx           about a minute
//   dotnet fsi scripts/optimizer-state.fsx --quick   some seconds
#load "fashion.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Optimizers
open Dsd.Schedules
open Dsd.Studies
open Dsd.Runs

let schedule state = dsd {
    dense (epochs 3) (cosine 0.001 0.0001)
    sparse (epochs 2) (constant 0.0001) 0.70 |> keep "fc3" |> regrownState state
    dense (epochs 2) (constant 0.0001)
}

let variants =
    [ for state in [ RegrownState.Zero; RegrownState.Kept; RegrownState.Reset ] ->
          StudyVariant((string state).ToLowerInvariant(), schedule state) ]

let study =
    Study(
        "optimizer-state",
        setting.WithOptimizer(OptimizerSettings.Adam()),
        variants,
        [ StudyArm.Dsd; StudyArm.Control ],
        seeds,
        Judgement.Validation
    )

let results = run (CatalogTrials()) study

show results
show (Draw.Effects results)
