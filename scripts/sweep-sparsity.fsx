// How much of the network should be pruned? Five seeds at each sparsity, each beside two controls.
//   dotnet fsi scripts/sweep-sparsity.fsx           about a minute
//   dotnet fsi scripts/sweep-sparsity.fsx --quick   some seconds

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Studies
open Dsd.Runs

// %% One schedule for each sparsity
let schedule sparsity = dsd {
    dense (epochs 3) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) sparsity
    dense (epochs 2) (constant 0.0005)
}

// %% The study: 3 sparsities × 3 arms × 5 seeds, judged on validation
let sparsities = [ for s in [ 0.3; 0.5; 0.7 ] -> StudyVariant($"sparsity {s}", schedule s) ]

let setting =
    TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = (if quick then 640 else 12800))

let arms = [ StudyArm.Dsd; StudyArm.Control; StudyArm.RandomMask ]
let seeds = if quick then [ 1L; 2L ] else [ 1L .. 5L ]
let study = Study("sweep-sparsity", setting, sparsities, arms, seeds, Judgement.Validation)

// %% Train every trial; a stopped study resumes where it was
let results = run (CatalogTrials()) study

// %% The tables
show results

// %% The differences of all seeds
show (Draw.PairedDifferences results)

// %% The effect by sparsity
show (Draw.Effects results)
