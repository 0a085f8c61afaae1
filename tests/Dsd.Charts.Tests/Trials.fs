namespace Dsd.Charts.Tests

open System
open Dsd
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies
open Dsd.Testing
open Dsd.Runs

/// Results of studies of which nothing was trained.
module Trials =

    let private shape = ModelShape.Empty.Linear("fc1", 8, 6).Linear("fc2", 6, 4)

    /// Any network and any data have the same few parameters and ten steps an epoch.
    let source =
        { new IStudySource with
            member _.Shape _ = shape
            member _.StepsPerEpoch _ = 10 }

    let schedule sparsity = Schedule.Dsd(Duration.Epochs 2.0, Duration.Epochs 1.0, Duration.Epochs 1.0, sparsity, 0.1)

    let setting = TrainingConfig("lenet-300-100", "fashion-mnist")

    let private arms = [ StudyArm.Dsd; StudyArm.Control; StudyArm.Plain; StudyArm.RandomMask ]

    /// A study of one variant with so many seeds.
    let one seeds =
        Study("one", setting, [ StudyVariant("schedule", schedule 0.5) ], arms, [ for s in 1..seeds -> int64 s ])

    /// A study of which every one of so many variants is judged, on validation.
    let sweep variants seeds =
        Study(
            "sweep",
            setting,
            [ for i in 1..variants ->
                  StudyVariant(
                      $"sparsity {float i / float (variants + 1):R}",
                      schedule (float i / float (variants + 1))
                  ) ],
            [ StudyArm.Dsd; StudyArm.Control; StudyArm.RandomMask ],
            [ for s in 1..seeds -> int64 s ],
            Judgement.Validation,
            "How much?"
        )

    let private declared name =
        match name with
        | "accuracy" -> Metric.Accuracy
        | "loss" -> Metric.Loss
        | name when name.Contains "accuracy" -> Metric(name, MetricGoal.Higher, MetricScale.Percent)
        | name -> Metric(name, MetricGoal.Lower)

    let private record (metric: string) (value: Trial -> float) (failure: string | null) (trial: Trial) =
        let case = PlanCase(trial.Schedule, shape, 10)

        let change (event: TrainingEvent) : TrainingEvent =
            match event with
            | :? TrainingEvent.Evaluated as e ->
                TrainingEvent.Evaluated(
                    e.Step,
                    e.Split,
                    [ (declared metric).Of(value trial); Metric.Loss.Of 1.0 ].ToValueList()
                )
            | :? TrainingEvent.RunEnded as e ->
                match failure with
                | null -> TrainingEvent.RunEnded(e.Step, RunOutcome.Completed, null, 2.0)
                | why -> TrainingEvent.RunEnded(e.Step, RunOutcome.Failed, why, 2.0)
            | other -> other

        Run.events
            trial.Treatment.Name
            trial.Treatment.Config.Network
            trial.Treatment.Config.Data
            case
            (int trial.Seed)
            false
        |> List.map change
        |> RunRecord.Fold

    /// A value of each trial: that of its treatment, and a little for its seed.
    let ordinary (trial: Trial) =
        0.8
        + 0.001 * float trial.Treatment.Name.Length
        + 0.0001 * float (trial.Seed * 7L * int64 trial.Treatment.Name.Length % 5L)

    /// What came out of a study whose trials measured given values; those with a message failed.
    let results (study: Study) metric value (failure: Trial -> string | null) =
        let plan = StudyPlan.Resolve(study, source)

        StudyResults.Of(
            plan,
            true,
            [ for trial in plan.Trials -> TrialResult(trial, record metric value (failure trial) trial, null) ]
        )

    let sound study = results study "accuracy" ordinary (fun _ -> null)

    /// A study that was begun, of which nothing is done.
    let empty study = StudyResults.Of(StudyPlan.Resolve(study, source), false, [])
