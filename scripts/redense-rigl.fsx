// Does re-densifying help RigL? Its masks lifted for the last quarter, beside the same rates with the masks in place.
//   dotnet fsi scripts/redense-rigl.fsx           five minutes
//   dotnet fsi scripts/redense-rigl.fsx --quick   some seconds

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Runs
open Dsd.Schedules
open Dsd.Studies

// %% RigL, and what follows it: a dense phase, or the same phase under the masks that RigL ended with
let length, last = if quick then epochs 3.0, epochs 1.0 else epochs 9.0, epochs 3.0
let interval = steps (if quick then 5L else 100L)

let schedule level = dsd {
    yield! Methods.Rigl(length, cosine 0.05 0.005, level, interval = interval)
    dense last (cosine 0.005 0.0005)
}

let staysSparse level = dsd {
    yield! Methods.Rigl(length, cosine 0.05 0.005, level, interval = interval)
    sparse last (cosine 0.005 0.0005) 0.99 |> rankedBy (given previousMasks)
}

// %% The study: three sparsities, dense at the end or not; the arms of a seed share their RigL phase
let setting =
    TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = (if quick then 640 else 12800))

let results =
    [ for level in [ 0.8; 0.9; 0.95 ] do
          let arms =
              [ StudyArm.Own("redense", [ schedule level ]); StudyArm.Own("stays-sparse", [ staysSparse level ]) ]

          Study(
              $"redense-rigl-{level}",
              setting,
              [ StudyVariant($"sparsity {level}", schedule level) ],
              arms,
              [ 1L .. (if quick then 2L else 8L) ],
              Judgement.Validation
          )
          |> run (CatalogTrials()) ]

// %% The tables, one for each sparsity
results |> List.iter show

// %% The differences of all seeds
results |> List.iter (fun result -> show (Draw.PairedDifferences result))
