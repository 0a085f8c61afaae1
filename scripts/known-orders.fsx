// Do the orders that the papers report hold here? Eight seeds of each method at 95 %, on equal budgets.
//   dotnet fsi scripts/known-orders.fsx            LeNet-300-100 on 12,800 images, 20 epochs: some minutes
//   dotnet fsi scripts/known-orders.fsx --whole    LeNet-300-100 on all 55,000 images, 10 epochs: a quarter of an hour
//   dotnet fsi scripts/known-orders.fsx --resnet   ResNet-20, 300 steps: an hour
//   dotnet fsi scripts/known-orders.fsx --quick    some seconds

// %% Load the library
#load "dsd.fsx"

open System
open System.IO
open Dsd.FSharp
open Dsd.Data
open Dsd.Runs
open Dsd.Schedules
open Dsd.Statistics
open Dsd.Studies

let isGiven option = Array.contains option (Environment.GetCommandLineArgs())
let isResNet, isWhole = isGiven "--resnet", isGiven "--whole"

// %% The regime: a slice of Fashion-MNIST
let setting =
    match quick, isResNet with
    | true, _ -> TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = 640)
    | _, true -> TrainingConfig("resnet-20", "fashion-mnist", trainLimit = 12800)
    | _ when isWhole -> TrainingConfig("lenet-300-100", "fashion-mnist")
    | _ -> TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = 12800)

let length =
    if quick then steps 40L
    elif isResNet then steps 300L
    elif isWhole then epochs 10.0
    else epochs 20.0

let rate = cosine 0.05 0.0
let level = 0.95

let every =
    steps (
        if quick then 5L
        elif isResNet then 20L
        else 100L
    )

// %% Methods of one length, one rate and one sparsity
let ticket rewind =
    let whole = Methods.LotteryTicket(length, rate, level, rounds = 3)
    Schedule.ofPhases [ for phase in whole.Phases -> if isNull phase.Rewind then phase else phase.WithRewind rewind ]

let arms =
    [ "rigl", Methods.Rigl(length, rate, level, interval = every)
      "set",
      Methods.SparseEvolution(
          length,
          rate,
          level,
          interval = every,
          until = 0.75,
          annealing = Annealing.Cosine,
          distribution = SparsityDistribution.Erk
      )
      "random-erk", Methods.StaticRandom(length, rate, level)
      "random-uniform", Methods.StaticRandom(length, rate, level, SparsityDistribution.Uniform)
      "gradual", Methods.Gradual(length, rate, level, interval = every)
      "one-shot", Methods.OneShot(length, rate, level)
      "ticket", ticket (Rewind.ToEndOf "warm-up")
      "ticket-redrawn", ticket Rewind.Redrawn ]

let study =
    Study(
        (if isResNet then "orders-resnet-20"
         elif isWhole then "orders-lenet-300-100-whole"
         else "orders-lenet-300-100"),
        setting,
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

let trials name = results.Trials |> Seq.filter (fun trial -> trial.IsComplete && trial.Trial.Treatment.Name = name)

let accuracy (trial: TrialResult) = 100.0 * trial.Record.Validation.Value("accuracy").Value

let loss (trial: TrialResult) =
    let samples =
        [ for phase in trial.Record.Phases do
              yield! phase.Samples ]

    samples |> List.rev |> List.truncate 20 |> List.averageBy _.Loss

let table (what: string) (measure: TrialResult -> float) (digits: int) (better: float -> bool) =
    let number (value: float) =
        value.ToString(
            (if digits = 2 then "+0.00;−0.00;0.00" else "+0.0000;−0.0000;0.0000"),
            Globalization.CultureInfo.InvariantCulture
        )

    [ $"| {what}, first − second | pairs | difference [95 %% interval] | first better | order |"
      "|---|--:|--:|--:|---|"
      for first, second in orders do
          let one, other =
              Map [ for t in trials first -> t.Trial.Seed, measure t ],
              Map [ for t in trials second -> t.Trial.Seed, measure t ]

          let pairs =
              [ for KeyValue(seed, value) in one do
                    if other.ContainsKey seed then
                        struct (value, other[seed]) ]

          let difference = PairedDifference.Between pairs
          let mean = difference.Differences.Mean
          let first' = pairs |> List.filter (fun struct (a, b) -> better (a - b)) |> List.length

          let interval, verdict =
              match Option.ofNullable difference.Interval with
              | Some(struct (low, high)) ->
                  $" [{number low}, {number high}]",
                  (if low * high > 0.0 then (if better mean then "holds" else "reversed")
                   elif better mean then "the mean agrees"
                   else "the mean disagrees")
              | None -> "", "too few seeds"

          $"| {first} − {second} | {pairs.Length} | {number mean}{interval} | {first'} of {pairs.Length} | {verdict} |" ]

let text =
    String.concat
        "\n"
        (table "accuracy on validation, points" accuracy 2 (fun d -> d > 0.0)
         @ [ "" ]
         @ table "training loss at the end" loss 4 (fun d -> d < 0.0))
    + "\n"

printfn "%s" text

// %% The records, small enough to keep
let folder = Path.Combine("runs", (if quick then "quick-" else "") + study.Name)
File.WriteAllText(Path.Combine(folder, "orders.md"), text)
File.WriteAllText(Path.Combine(folder, "trials.csv"), results.ToCsv())
