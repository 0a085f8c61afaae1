// Trains seeds of a study of regimes with a mask and without, from one first phase, and measures the networks at the ends of phases:
// which wrong labels they still know, how sure and how sharp they are, and where their weights went. It writes why.csv, a line for each
// seed, arm and phase, and weights.csv, the distribution of the weights of fc1 of one seed. Seeds that are there stay, so that it goes
// on where it was stopped. On one thread; the test split is not read.
//   dotnet fsi notebooks/evidence/regimes/why.fsx                        the first two seeds of noise-20 and clean
//   dotnet fsi notebooks/evidence/regimes/why.fsx --seeds 16 noise-20    sixteen of one
//   dotnet fsi notebooks/evidence/regimes/why.fsx --check                compares the sharpness with that of numerical Hessians
#load "../../../scripts/dsd.fsx"
#load "sharpness.fsx"
#load "measures.fsx"

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Dsd.Data
open Dsd.FSharp
open Dsd.Plans
open Dsd.Schedules
open Dsd.Studies
open Dsd.Training
open TorchSharp

let here = __SOURCE_DIRECTORY__

let rec read seeds names =
    function
    | [] -> seeds, List.rev names
    | "--check" :: rest -> read 0 names rest
    | "--seeds" :: count :: rest -> read (int count) names rest
    | name :: rest -> read seeds (name :: names) rest

let seeds, names = fsi.CommandLineArgs |> List.ofArray |> List.tail |> read 2 []

let sharpnessNames = [ "sharpness"; "residual"; "iterations" ]

let titles =
    [ "regime"; "seed"; "arm"; "phase" ] @ Measures.ofPredictions @ Measures.ofWeights @ sharpnessNames
    |> String.concat ","

/// The arms, by the names of their treatments in a study. The control of all variants is the same.
let arms =
    [ "dsd-50", "dsd-sparsity-0.5--later-rates---1"
      "dsd-80", "dsd-sparsity-0.8--later-rates---1"
      "random-50", "random-mask-sparsity-0.5--later-rates---1"
      "control", "control-sparsity-0.3--later-rates---1" ]

/// The measures of a network, as text: what is not a number is left empty.
let cells values =
    values
    |> List.map (fun (value: float) ->
        if Double.IsNaN value then
            ""
        else
            value.ToString("G6", CultureInfo.InvariantCulture))
    |> String.concat ","

/// The lines of a file after its title, by regime and seed.
let load file =
    if File.Exists file then
        File.ReadAllLines file
        |> Array.skip 1
        |> List.ofArray
        |> List.groupBy (fun l -> l.Split(',')[0], int64 (l.Split(',')[1]))
    else
        []

/// Adds lines to a file, with what others have written meanwhile, and writes it as a whole.
let add file title (lines: string list) =
    let sorted =
        load file
        |> List.collect snd
        |> List.append lines
        |> List.groupBy (fun l -> l.Split(',')[0], int64 (l.Split(',')[1]))
        |> List.sortBy fst

    let whole = $"{file}.{Environment.ProcessId}"
    File.WriteAllText(whole, String.concat "\n" (title :: List.collect snd sorted) + "\n")
    File.Move(whole, file, true)

let trials = CatalogTrials(log = Action<string>(eprintfn "%s"))

/// Trains the arms of a seed; gives the lines of its measures, and the histograms of the first arm's weights by moment.
let train (study: Study) seed =
    let struct (network, task) = trials.Open(study.Config, seed)
    use model = network
    let task = task :?> ImageClassification
    let images = Measures.validation (trials.Load(study.Config, seed) :?> ImageDataset)
    let examples = [| for step in 0L .. 31L -> task.Batch step |] // 2,048 examples, each once
    let inputs = torch.cat [| for struct (input, _) in examples -> input |]
    let targets = torch.cat [| for struct (_, target) in examples -> target |]
    let parameters = [| for parameter in model.parameters () -> parameter :> torch.Tensor |]

    let masks, lines, histograms =
        Dictionary<string, torch.Tensor>(), List<string>(), Dictionary<string, int64[]>()

    let initial = Measures.weights "" model
    let mutable dense = initial

    let measure (arm: string) phase =
        use scope = torch.NewDisposeScope()
        model.eval ()
        let now = Measures.weights "" model
        // The control has no mask; what it moves is counted in the weights that magnitude would prune.
        let mask =
            if phase = "initial" || phase = "dense" then
                None
            else
                Some masks[if arm = "control" then "dsd-50" else arm]

        let predictions = Measures.predictions task images model
        let moved = Measures.movement now initial dense mask
        let sharp = Sharpness.top 1e-3 parameters (fun () -> task.Loss(model, inputs, targets))
        let values = predictions @ moved @ [ sharp.Eigenvalue; sharp.Residual; float sharp.Iterations ]
        lines.Add $"{study.Name},{seed},{arm},{phase},{cells values}"
        model.train ()

    let count moment (mask: torch.Tensor option) =
        let layer = Measures.weights "fc1." model

        let chosen =
            mask
            |> Option.fold (fun (l: torch.Tensor) m -> l.masked_select (m.slice (0L, 0L, l.numel (), 1L))) layer

        histograms.TryAdd(moment, Measures.histogram chosen) |> ignore

    let observe (arm: Arm) event =
        let isFirst = arm.Name = fst arms.Head

        match event with
        | PhaseEnded e when e.Phase = 0 ->
            if isFirst then
                dense <- Measures.weights "" model
                measure "shared" "dense"
                count "dense" None
        | PhaseStarted s when s.Phase = 1 ->
            if arm.Name <> "control" then
                masks[arm.Name] <- (Measures.weights "" model).eq(0.0.ToScalar()).DetachFromDisposeScope()
                measure arm.Name "pruned"

            if isFirst then
                count "pruned" None
        | PhaseStarted s when s.Phase = 2 && isFirst -> count "lifted" None
        | PhaseEnded e ->
            let phase = if e.Phase = 1 then "sparse" else "redense"
            measure arm.Name phase

            if isFirst then
                count phase None

                if e.Phase = 2 then
                    count "regrown" (Some masks[arm.Name])
        | _ -> ()

    measure "shared" "initial"
    count "initial" None

    let known =
        StudyPlan.Resolve(study.WithSeeds [ seed ], trials).Trials
        |> Seq.map (fun t -> t.Treatment.Name, t)
        |> dict

    let planned =
        [ for name, treatment in arms ->
              let trial = known[treatment]
              PlannedArm(name, Plan.Resolve(trial.Schedule, trial.Treatment.Plan.Shape, task.StepsPerEpoch)) ]

    let settings =
        TrainerSettings(
            seed,
            study.Config.Optimizer,
            gradientClip = study.Config.GradientClip,
            readTest = false,
            evaluateEvery = 1000
        )

    FairComparison.RunPlanned(planned, model, task, settings, Action<_, _>(observe)) |> ignore
    List.ofSeq lines, histograms

torch.set_num_threads 1

if seeds = 0 then
    Sharpness.check ()

let measures, weights = Path.Combine(here, "why.csv"), Path.Combine(here, "weights.csv")
let moments = [ "initial"; "dense"; "pruned"; "sparse"; "lifted"; "redense"; "regrown" ]

/// The lines of histograms: exact zeros, the bins, and what is in none.
let table regime seed (histograms: IReadOnlyDictionary<string, int64[]>) =
    [ for place in 0 .. Measures.bins + 1 do
          let counts = [ for moment in moments -> string histograms[moment].[place] ] |> String.concat ","

          let edge nth =
              Math
                  .Round(Measures.reach * (2.0 * float nth / float Measures.bins - 1.0), 9)
                  .ToString("R", CultureInfo.InvariantCulture)

          let bin =
              if place = 0 then "0,0"
              elif place > Measures.bins then ","
              else $"{edge (place - 1)},{edge place}"

          $"{regime},{seed},{bin},{counts}" ]

for name in (if names.IsEmpty then [ "noise-20"; "clean" ] else names) do
    let study = Study.FromJson(File.ReadAllText(Path.Combine(here, "studies", name + ".json")))

    for seed in Seq.truncate seeds study.Seeds do
        if load measures |> List.forall (fun (place, _) -> place <> (name, seed)) then
            let clock = Diagnostics.Stopwatch.StartNew()
            let lines, histograms = train study seed

            if seed = study.Seeds[0] then
                let title = [ "regime"; "seed"; "from"; "to" ] @ moments |> String.concat ","
                add weights title (table name seed histograms)

            add measures titles lines
            printfn $"{name}, seed {seed}: %.0f{clock.Elapsed.TotalSeconds} s"
