// Do the orders that the papers report hold here? Eight seeds of each method at 95 %, on equal budgets.
//   dotnet fsi scripts/known-orders.fsx            LeNet-300-100 on 12,800 images, 20 epochs: some minutes
//   dotnet fsi scripts/known-orders.fsx --whole    LeNet-300-100 on all 55,000 images, 10 epochs: a quarter of an hour
//   dotnet fsi scripts/known-orders.fsx --resnet   ResNet-20, 300 steps: an hour
//   dotnet fsi scripts/known-orders.fsx --quick    some seconds

// %% Load the library
#load "dsd.fsx"
#load "orders.fsx"

open System
open System.IO
open Dsd.Charts
open Dsd.FSharp
open Dsd.Data
open Dsd.Runs
open Dsd.Schedules
open Dsd.Studies

let isGiven option = Array.contains option (Environment.GetCommandLineArgs())

// %% The regime: a slice of Fashion-MNIST, all of it, or a convolutional network
let name, network, limit, length, every =
    match quick, isGiven "--resnet", isGiven "--whole" with
    | true, _, _ -> "orders-lenet-300-100", "lenet-300-100", Nullable 640, steps 40L, steps 5L
    | _, true, _ -> "orders-resnet-20", "resnet-20", Nullable 12800, steps 300L, steps 20L
    | _, _, true -> "orders-lenet-300-100-whole", "lenet-300-100", Nullable(), epochs 10.0, steps 100L
    | _ -> "orders-lenet-300-100", "lenet-300-100", Nullable 12800, epochs 20.0, steps 100L

let rate, level, erk = cosine 0.05 0.0, 0.95, SparsityDistribution.Erk

// %% Methods of one length, one rate and one sparsity
let ticket rewind =
    let whole = Methods.LotteryTicket(length, rate, level, rounds = 3)
    Schedule.ofPhases [ for phase in whole.Phases -> if isNull phase.Rewind then phase else phase.WithRewind rewind ]

let set =
    Methods.SparseEvolution(length, rate, level, every, 0.3, 0.75, annealing = Annealing.Cosine, distribution = erk)

let arms =
    [ "rigl", Methods.Rigl(length, rate, level, interval = every)
      "set", set
      "random-erk", Methods.StaticRandom(length, rate, level)
      "random-uniform", Methods.StaticRandom(length, rate, level, SparsityDistribution.Uniform)
      "gradual", Methods.Gradual(length, rate, level, interval = every)
      "one-shot", Methods.OneShot(length, rate, level)
      "ticket", ticket (Rewind.ToEndOf "warm-up")
      "ticket-redrawn", ticket Rewind.Redrawn ]

let study =
    Study(
        name,
        TrainingConfig(network, "fashion-mnist", trainLimit = limit),
        [ StudyVariant("95 %", Methods.SameRates(length, 0.05)) ],
        [ for name, schedule in arms -> StudyArm.Own(name, [ schedule ]) ],
        [ 1L .. (if quick then 2L else 8L) ],
        Judgement.Validation
    )

let results = run (CatalogTrials()) study
show results

// %% The orders, each as the difference of pairs of seeds: accuracy on validation, and the training loss at the end
let orders =
    [ "rigl", "set"
      "set", "random-erk"
      "rigl", "random-erk"
      "random-erk", "random-uniform"
      "gradual", "one-shot"
      "ticket", "ticket-redrawn" ]

let text =
    table results orders "accuracy on validation, points" accuracy "+0.00;−0.00;0.00" 1.0
    + "\n"
    + table results orders "training loss at the end" loss "+0.0000;−0.0000;0.0000" -1.0

printfn "%s" text
let folder = Path.Combine("runs", (if quick then "quick-" else "") + name)
File.WriteAllText(Path.Combine(folder, "orders.md"), text)
File.WriteAllText(Path.Combine(folder, "trials.csv"), results.ToCsv())

// %% The differences of all seeds to RigL
show (Draw.PairedDifferences results)
