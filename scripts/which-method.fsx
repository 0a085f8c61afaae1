// Which method at 90 %? The methods of the library that end at a sparsity, on one budget, beside dense training.
//   dotnet fsi scripts/which-method.fsx           ten minutes
//   dotnet fsi scripts/which-method.fsx --quick   some seconds

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Runs
open Dsd.Schedules
open Dsd.Studies

// %% One length, one learning rate, one sparsity
let length = epochs (if quick then 4.0 else 12.0)
let rate = cosine 0.05 0.0
let every = steps (if quick then 5L else 100L)
let level = 0.9

let methods =
    [ "gradual", Methods.Gradual(length, rate, level, interval = every)
      "ac-dc", Methods.AcDc(length, rate, level, cycle = 0.125)
      "rigl", Methods.Rigl(length, rate, level, interval = every)
      "set", Methods.SparseEvolution(length, rate, level)
      "top-kast", Methods.TopKast(length, rate, level, interval = every)
      "ticket", Methods.LotteryTicket(length, rate, level, rounds = 3)
      "lr-rewinding", Methods.LearningRateRewinding(length, rate, level, rounds = 3)
      "movement", Methods.MovementPruning(length, rate, level, interval = every)
      "snip", Methods.Snip(length, rate, level)
      "one-shot", Methods.OneShot(length, rate, level)
      "random", Methods.StaticRandom(length, rate, level) ]

let plain = Schedule.ofPhases [ dense length rate ]

// %% The study: every method and dense training, judged on validation
let setting =
    TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = (if quick then 640 else 12800))

let study =
    Study(
        "which-method",
        setting,
        [ StudyVariant("90 %", plain) ],
        [ yield StudyArm.Own("dense", [ plain ])
          for name, schedule in methods do
              yield StudyArm.Own(name, [ schedule ]) ],
        [ 1L .. (if quick then 2L else 5L) ],
        Judgement.Validation
    )

// %% Train every trial; a stopped study resumes where it was
let results = run (CatalogTrials()) study

// %% The tables: each method, and its difference to dense training
show results

// %% How each learned
show (Draw.StudyCurves results)

// %% The differences of all seeds
show (Draw.PairedDifferences results)
