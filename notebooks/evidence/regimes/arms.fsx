/// Trains the arms of a seed from one first phase, and measures the networks on the way.
module Arms

#load "../../../scripts/dsd.fsx"
#load "sharpness.fsx"
#load "measures.fsx"

open System
open System.Collections.Generic
open Dsd.Data
open Dsd.FSharp
open Dsd.Plans
open Dsd.Schedules
open Dsd.Studies
open Dsd.Training
open TorchSharp

/// The measures of a network, in the order of their columns.
let columns = Measures.ofPredictions @ Measures.ofWeights @ [ "sharpness"; "residual"; "iterations" ]

/// The moments at which weights are counted; the last is of those alone that had been pruned.
let moments = [ "initial"; "dense"; "pruned"; "sparse"; "lifted"; "redense"; "regrown" ]

/// The arms, by the names of their treatments in a study. The control of all variants is the same.
let private treatments =
    [ "dsd-50", "dsd-sparsity-0.5--later-rates---1"
      "dsd-80", "dsd-sparsity-0.8--later-rates---1"
      "dsd-90", "dsd-sparsity-0.9--later-rates---1"
      "random-50", "random-mask-sparsity-0.5--later-rates---1"
      "equal-norm-80", "random-equal-norm-sparsity-0.8--later-rates---1"
      "control", "control-sparsity-0.3--later-rates---1" ]

let private trials = CatalogTrials(log = Action<string>(eprintfn "%s"))

/// Trains the arms of a seed; gives the measures by arm and phase, and the histograms of the first arm's weights by moment.
let train (study: Study) seed =
    let struct (network, task) = trials.Open(study.Config, seed)
    use model = network
    let task = task :?> ImageClassification
    let images = Measures.validation (trials.Load(study.Config, seed) :?> ImageDataset)
    let examples = [| for step in 0L .. 31L -> task.Batch step |] // 2,048 examples, each once
    let inputs = torch.cat [| for struct (input, _) in examples -> input |]
    let targets = torch.cat [| for struct (_, target) in examples -> target |]
    let parameters = [| for parameter in model.parameters () -> parameter :> torch.Tensor |]

    let masks, rows, histograms =
        Dictionary<string, torch.Tensor>(),
        List<string * string * (unit -> float list)>(),
        Dictionary<string, int64[]>()

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
        // Only known when the first phase is over.
        let moved () = Measures.movement now initial dense mask
        let sharp = Sharpness.top 1e-3 parameters (fun () -> task.Loss(model, inputs, targets))
        let sharpness = [ sharp.Eigenvalue; sharp.Residual; float sharp.Iterations ]
        rows.Add(arm, phase, (fun () -> predictions @ moved () @ sharpness))
        model.train ()

    let count moment (mask: torch.Tensor option) =
        let layer = Measures.weights "fc1." model

        let chosen =
            mask
            |> Option.fold (fun (l: torch.Tensor) m -> l.masked_select (m.slice (0L, 0L, l.numel (), 1L))) layer

        histograms.TryAdd(moment, Measures.histogram chosen) |> ignore

    let observe (arm: Arm) event =
        let isFirst = arm.Name = fst treatments.Head

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
        [ for name, treatment in treatments ->
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
    [ for arm, phase, values in rows -> arm, phase, values () ], histograms
