namespace Dsd.FSharp.Tests

open Dsd
open Dsd.FSharp
open Dsd.Masks
open Dsd.Models
open Dsd.Checkpoints
open Dsd.Records
open Dsd.Runs
open Dsd.Schedules
open Dsd.Tests.Shared
open Dsd.Training
open TorchSharp
open Xunit
open Dsd.Execution
open Dsd.Plans

/// Eight images of waves, others at every step.
type Waves() =

    let loss (model: torch.nn.Module) (seed: int64) =
        use scope = torch.NewDisposeScope()

        let images =
            torch.arange((8 * 784).ToScalar()).mul((0.01 * float (seed + 1L)).ToScalar()).sin().reshape(8, 1, 28, 28)

        let scores = (model :?> LeNet300100).call images
        torch.nn.functional.cross_entropy(scores, torch.arange (8L.ToScalar())).MoveToOuterDisposeScope()

    interface ITrainingTask with
        member _.Name = "waves"
        member _.StepsPerEpoch = 4
        member _.Loss(model, step) = loss model step

        member _.Evaluate(model, split) =
            use measured = loss model (1000L + int64 split)
            ValueList<MetricValue>.Empty.Add(Metric.Loss.Of(float (measured.item<single>())))

type RunTests() =

    let schedule = dsd {
        dense (epochs 1) (constant 0.1)
        sparse (epochs 2) (constant 0.1) 0.5 |> remask 4 |> rankedBy (custom "least")
        dense (steps 2) (constant 0.01)
    }

    let least (weight: MaskContext) = weight.Weight.abs().neg()

    let settings =
        TrainerSettings(seed = 1L, logEverySteps = 4, gradientClip = 1.0, methods = scores [ "least", least ])

    let describe (event: TrainingEvent) =
        match event with
        | RunStarted run -> $"{run.Arm} started"
        | PhaseStarted phase -> $"{phase.Name} started"
        | MaskComputed mask -> $"masks at {mask.Step}"
        | StepSampled _ -> "step"
        | Evaluated evaluated -> $"evaluated on {evaluated.Split}"
        | PhaseEnded phase -> $"phase {phase.Phase} ended"
        | RunEnded run -> $"run {run.Outcome}"
        | RunResumed run -> $"continued after {run.Step}"
        | RolledBack back -> $"back to {back.To}"
        | other -> failwith $"an event of no kind: {other}"

    let kind (event: TrainingEvent) =
        match event with
        | RunStarted e -> e :> TrainingEvent, nameof TrainingEvent.RunStarted
        | PhaseStarted e -> e, nameof TrainingEvent.PhaseStarted
        | MaskComputed e -> e, nameof TrainingEvent.MaskComputed
        | StepSampled e -> e, nameof TrainingEvent.StepSampled
        | Evaluated e -> e, nameof TrainingEvent.Evaluated
        | PhaseEnded e -> e, nameof TrainingEvent.PhaseEnded
        | RunEnded e -> e, nameof TrainingEvent.RunEnded
        | RunResumed e -> e, nameof TrainingEvent.RunResumed
        | RolledBack e -> e, nameof TrainingEvent.RolledBack
        | other -> failwith $"an event of no kind: {other}"

    [<Fact>]
    member _.``a run tells its events in order, each by its own case``() =
        let model = new LeNet300100()
        let events = ResizeArray<TrainingEvent>()
        let plan = schedule |> Schedule.on model 4
        Assert.Equal(Ok plan, schedule |> Plan.tryResolve (ModelInspection.ShapeOf model) 4)
        let record = Trainer.Run(plan, model, Waves(), settings, (fun event -> events.Add event))

        Assert.Equal<string list>(
            [ "dsd started"
              "dense started"
              "evaluated on Validation"
              "phase 0 ended"
              "sparse started"
              "masks at 4"
              "evaluated on Validation"
              "masks at 8"
              "evaluated on Validation"
              "phase 1 ended"
              "redense started"
              "evaluated on Validation"
              "phase 2 ended"
              "evaluated on Test"
              "run Completed" ],
            events |> Seq.map describe |> Seq.filter ((<>) "step") |> List.ofSeq
        )

        for event in events do
            let same, case = kind event
            Assert.Same(event, same)
            Assert.Equal(event.GetType().Name, case)

        Assert.Equal(7, events |> Seq.distinctBy _.GetType() |> Seq.length)
        Assert.Equal(record, RunRecord.Fold events)

    [<Fact>]
    member _.``a comparison takes a list of arms and functions``() =
        let told = ResizeArray<string>()
        let told' (arm: Arm) event = told.Add $"{arm.Name}: {describe event}"
        let arms = [ Arm.Dsd schedule; Arm.Control schedule; Arm("random", schedule) ]
        let finished = ResizeArray<string>()

        let comparison =
            FairComparison.Run(arms, new LeNet300100(), Waves(), settings, told', (fun arm _ -> finished.Add arm.Name))

        Assert.True comparison.IsComplete
        Assert.Equal<string list>([ "dsd"; "control"; "random" ], List.ofSeq finished)
        Assert.Equal<string list>(List.ofSeq finished, [ for run in comparison.Runs -> run.Arm ])
        Assert.Contains("control: sparse started", told)
        Assert.DoesNotContain(told, fun line -> line.StartsWith "control: masks")

    [<Fact>]
    member _.``a script fills the folder of a run``() =
        use temporary = new TempFolder()
        let config = RunConfig(TrainingConfig("my-net", "waves", batch = 8), schedule, seed = 3L)
        let path = temporary[[| "run" |]]

        let comparison =
            use folder = RunFolder.Create(path, config)
            let settings = TrainerSettings.Of(config, scores [ "least", least ])

            FairComparison.Run(config.Arms, new LeNet300100(), Waves(), settings, Observer.None, folder = folder)

        Assert.Equal(comparison, Comparison.Load path)
        Assert.Equal(config, nonNull (RunFolder.ConfigOf path))
        Assert.Equal(0.25, config.Set("sparse.sparsity=0.25").Schedule.Phases[1].Sparsity.To.Value)

    [<Fact>]
    member _.``scores are the trainer's functions by name, each name once``() =
        let functions = scores [ "least", least; "most", _.Weight.abs() ]
        Assert.Equal<string list>([ "least"; "most" ], List.ofSeq functions.Criteria.Keys)

        Assert.Throws<System.ArgumentException>(fun () -> scores [ "least", least; "least", least ] |> ignore)
        |> ignore
