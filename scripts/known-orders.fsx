// Do the orders that the papers report hold here? Eight seeds of each method at 95 %, on equal budgets.
//   dotnet fsi scripts/known-orders.fsx                       LeNet-300-100: a quarter of an hour
//   dotnet fsi scripts/known-orders.fsx --resnet              ResNet-20, 300 steps: an hour
//   dotnet fsi scripts/known-orders.fsx --quick               some seconds

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

let isResNet = Array.contains "--resnet" (Environment.GetCommandLineArgs())

// %% The regime: a slice of Fashion-MNIST
let setting =
    match quick, isResNet with
    | true, _ -> TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = 640)
    | _, true -> TrainingConfig("resnet-20", "fashion-mnist", trainLimit = 12800)
    | _ -> TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = 12800)

let length = if quick then steps 40L elif isResNet then steps 300L else epochs 20.0
let rate = cosine 0.05 0.0
let level = 0.95
let every = steps (if quick then 5L elif isResNet then 20L else 100L)

// %% Methods of one length, one rate and one sparsity
let ticket rewind =
    let whole = Methods.LotteryTicket(length, rate, level, rounds = 3)
    Schedule.ofPhases [ for phase in whole.Phases -> if isNull phase.Rewind then phase else phase.WithRewind rewind ]

let arms =
    [ "rigl", Methods.Rigl(length, rate, level, interval = every)
      "set", Methods.SparseEvolution(length, rate, level, interval = every, until = 0.75, annealing = Annealing.Cosine, distribution = SparsityDistribution.Erk)
      "random-erk", Methods.StaticRandom(length, rate, level)
      "random-uniform", Methods.StaticRandom(length, rate, level, SparsityDistribution.Uniform)
      "gradual", Methods.Gradual(length, rate, level, interval = every)
      "one-shot", Methods.OneShot(length, rate, level)
      "ticket", ticket (Rewind.ToEndOf "warm-up")
      "ticket-redrawn", ticket Rewind.Redrawn ]

let study =
    Study(
        (if isResNet then "orders-resnet-20" else "orders-lenet-300-100"),
        setting,
        [ StudyVariant("95 %", Methods.SameRates(length, 0.05)) ],
        [ for name, schedule in arms -> StudyArm.Own(name, [ schedule ]) ],
        [ 1L .. (if quick then 2L else 8L) ],
        Judgement.Validation
    )

let results = run (CatalogTrials()) study
show results

// %% The orders, each as the difference of pairs of seeds in points of accuracy on validation
let orders =
    [ "rigl", "set"
      "set", "random-erk"
      "rigl", "random-erk"
      "random-erk", "random-uniform"
      "gradual", "one-shot"
      "ticket", "ticket-redrawn" ]

let values name =
    results.Arms |> Seq.find (fun arm -> arm.Arm = name) |> _.Values |> Seq.map (fun struct (seed, value) -> seed, 100.0 * value) |> Map.ofSeq

let table =
    [ "| first − second | pairs | difference [95 % interval] | first higher | order |"
      "|---|--:|--:|--:|---|"
      for first, second in orders do
          let one, other = values first, values second
          let pairs = [ for KeyValue(seed, value) in one do if other.ContainsKey seed then struct (value, other[seed]) ]
          let difference = PairedDifference.Between pairs
          let higher = pairs |> List.filter (fun struct (a, b) -> a > b) |> List.length
          let mean = difference.Differences.Mean

          let interval, verdict =
              match Option.ofNullable difference.Interval with
              | Some(low, high) ->
                  $" [{low:``+0.00;−0.00``}, {high:``+0.00;−0.00``}]",
                  (if low > 0.0 then "holds" elif high < 0.0 then "reversed" elif mean > 0.0 then "not excluded, mean higher" else "not excluded, mean lower")
              | None -> "", "too few seeds"

          $"| {first} − {second} | {pairs.Length} | {mean:``+0.00;−0.00``}{interval} | {higher} of {pairs.Length} | {verdict} |" ]

printfn "%s" (String.concat "\n" table)

// %% The records, small enough to keep
let folder = Path.Combine("runs", (if quick then "quick-" else "") + study.Name)
File.WriteAllText(Path.Combine(folder, "orders.md"), String.concat "\n" table + "\n")
File.WriteAllText(Path.Combine(folder, "trials.csv"), results.ToCsv())
