// Trains the first phase of each study again and measures it on the training split too, which trials do not: regime.csv, from which
// the page tells which settings are far from converged and which overfit. A line is a first phase with a seed; lines that are there
// stay, so that it goes on where it was stopped. On one thread, as the studies.
//   dotnet fsi notebooks/evidence/regime.fsx                         seed 1 of every study
//   dotnet fsi notebooks/evidence/regime.fsx --seeds 3 resnet-18     the first three seeds of one, or of those named
#load "../../scripts/dsd.fsx"

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Dsd.Data
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies
open Dsd.Training
open TorchSharp
open Dsd.Runs

let here = __SOURCE_DIRECTORY__
let file = Path.Combine(here, "regime.csv")
let titles = "study,treatment,seed,steps,metric,train,train_loss,validation,validation_loss"

let rec read seeds names =
    function
    | [] -> seeds, List.rev names
    | "--seeds" :: count :: rest -> read (int count) names rest
    | name :: rest -> read seeds (name :: names) rest

let seeds, names =
    Environment.GetCommandLineArgs()
    |> Array.skipWhile (fun a -> not (a.EndsWith "regime.fsx"))
    |> Array.skip 1
    |> List.ofArray
    |> read 1 []

let studies =
    Directory.GetFiles(Path.Combine(here, "studies"), "*.json")
    |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    |> Array.map (File.ReadAllText >> Study.FromJson)

for name in names |> List.except [ for s in studies -> s.Name ] do
    failwith $"There is no study '{name}' in notebooks/evidence/studies."

/// The measured numbers of each line, by what comes before them.
let lines = Dictionary<struct (string * string * int64), string>()

let load () =
    if File.Exists file then
        for line in File.ReadAllLines file |> Array.skip 1 do
            let cells = line.Split(',', 4)
            lines[struct (cells[0], cells[1], int64 cells[2])] <- cells[3]

/// Writes the file as a whole, with what others have written meanwhile.
let save () =
    load ()

    let rows =
        [ for KeyValue(struct (study, treatment, seed), rest) in lines |> Seq.sortBy _.Key ->
              $"{study},{treatment},{seed},{rest}" ]

    let whole = file + "." + string Environment.ProcessId
    File.WriteAllText(whole, String.concat "\n" (titles :: rows) + "\n")
    File.Move(whole, file, true)

load ()
let trials = CatalogTrials(log = Action<string>(eprintfn "%s"))
let number (value: float) = value.ToString("R", CultureInfo.InvariantCulture)

let train (first: Treatment) seed =
    let setting = first.Config
    let phase = Schedule(Dsd.ValueList.ToValueList [ first.Plan.Schedule.Phases[0] ])
    let plan = Plan.Resolve(phase, first.Plan.Shape, first.Plan.StepsPerEpoch)
    let struct (network, task) = trials.Open(setting, seed)
    use model = network
    let clip = setting.GradientClip
    let settings = TrainerSettings(seed, setting.Optimizer, gradientClip = clip, readTest = false)
    Trainer.Run(plan, model, task, settings) |> ignore
    model.eval ()
    use _ = torch.no_grad ()
    let on split = task.Evaluate(model, split)
    let train, validation = on DataSplit.Train, on DataSplit.Validation
    let loss (values: Dsd.ValueList<MetricValue>) = (values |> Seq.find (fun v -> v.Name = Metric.Loss.Name)).Value

    [ string plan.TotalSteps
      train[0].Name
      number train[0].Value
      number (loss train)
      number validation[0].Value
      number (loss validation) ]
    |> String.concat ","

torch.set_num_threads 1

let wanted =
    [ for nth in 0 .. seeds - 1 do
          for study in studies do
              if nth < study.Seeds.Count && (names.IsEmpty || List.contains study.Name names) then
                  for block in StudyPlan.Resolve(study, trials).Blocks do
                      let trial = block[0]

                      if block.Count > 1 && trial.Seed = study.Seeds[nth] then
                          study.Name, trial.Treatment, trial.Seed ]

/// Sweeps share first phases: what is trained alike is trained once.
let known = Dictionary<TrainingConfig * Phase * int64, string>()
let key (treatment: Treatment) seed = treatment.Config, treatment.Plan.Schedule.Phases[0], seed

for name, treatment, seed in wanted do
    match lines.TryGetValue(struct (name, treatment.Name, seed)) with
    | true, line -> known[key treatment seed] <- line
    | _ -> ()

for i, (name, treatment, seed) in List.indexed wanted do
    let clock = Diagnostics.Stopwatch.StartNew()
    let place = struct (name, treatment.Name, seed)

    if not (lines.ContainsKey place) then
        let line =
            match known.TryGetValue(key treatment seed) with
            | true, line -> line
            | _ -> train treatment seed

        known[key treatment seed] <- line
        lines[place] <- line
        save ()

    printfn
        $"{i + 1} of {wanted.Length}: {name}, {treatment.Name}, seed {seed}: {lines[place]} (%.0f{clock.Elapsed.TotalSeconds} s)"
