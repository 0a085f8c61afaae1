// A study of your own network and data: every seed trains each arm from the same first phase, and differences are paired.
//   dotnet fsi scripts/own-study.fsx           half a minute
//   dotnet fsi scripts/own-study.fsx --quick   seconds

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Studies
open Dsd.Training
open TorchSharp
open type TorchSharp.torch.nn

// %% Your data, split once, so that all seeds are measured on the same examples
torch.manual_seed 0L |> ignore
let inputs = torch.randn [| 3000L; 8L |]
let targets = inputs.sin().sum(1L, keepdim = true)

let struct (train, validation, test) =
    Examples.Of(inputs, targets).Split(train = 0.7, validation = 0.15, test = 0.15)

// %% A new network, and the task of a seed, which decides the order of the examples
let net () = Sequential(Linear(8L, 128L), ReLU(), Linear(128L, 1L))

let task seed =
    SupervisedTask.Of(
        train,
        validation,
        test,
        LossFunction.MeanSquaredError,
        batchSize = 64,
        seed = seed,
        name = "sines"
    )

let source = StudySource.Of(model = (fun () -> net ()), task = (fun seed -> task seed), name = "net")

// %% The study: 2 sparsities × 2 arms × 5 seeds; the folder is written for this data and this network alone
let schedule sparsity = dsd {
    dense (epochs (if quick then 4 else 12)) (cosine 0.1 0.01)
    sparse (epochs (if quick then 2 else 6)) (constant 0.01) sparsity
    dense (epochs (if quick then 2 else 6)) (constant 0.001)
}

let variants = [ for s in [ 0.3; 0.6 ] -> StudyVariant($"sparsity {s}", schedule s) ]
let seeds = if quick then [ 1L; 2L ] else [ 1L .. 5L ]
let study = Study("own-study", source.Config, variants, [ StudyArm.Dsd; StudyArm.Control ], seeds)

// %% Train every trial; a stopped study resumes where it was
let results = run source study

show results
show (Draw.PairedDifferences results)
