namespace Dsd.FSharp.Tests

open System
open System.IO
open Dsd.FSharp
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies
open Dsd.Training
open TorchSharp
open Xunit
open type TorchSharp.torch.nn

/// A data set of one's own: numbers below and above a half.
type Halves() =
    inherit Examples()
    override _.Count = 50

    override _.Read positions =
        let x = torch.tensor (positions |> Seq.map (fun p -> float32 p / 50.0f) |> Array.ofSeq)
        struct (x.unsqueeze 1L, (x.gt (torch.tensor 0.5f)).``to``(torch.int64))

/// What an F# script writes for its own network and data, without any helper.
type OwnDataTests() =

    let schedule = dsd {
        dense (epochs 1) (constant 0.1)
        sparse (epochs 1) (constant 0.05) 0.5
        dense (epochs 1) (constant 0.01)
    }

    let inputs = Array2D.init 60 2 (fun i j -> float32 (i * (j + 1) % 7))
    let labels = Array.init 60 (fun i -> i % 2)
    let net () = Sequential(Linear(2L, 8L), ReLU(), Linear(8L, 2L))

    let task seed =
        let struct (train, validation, test) =
            Examples.Of(inputs, labels).Split(train = 0.6, validation = 0.2, test = 0.2)

        SupervisedTask.Of(train, validation, test, LossFunction.CrossEntropy, batchSize = 12, seed = seed)

    let arms = [| Arm.Dsd schedule; Arm.Control schedule |]

    [<Fact>]
    member _.``arrays, tensors and data sets go in as they are``() =
        let rows = [| for i in 0..59 -> [| inputs[i, 0]; inputs[i, 1] |] |]
        let one = Examples.Of(inputs, labels)
        Assert.Equal(one.Content, Examples.Of(rows, labels).Content)
        Assert.Equal(one.Content, Examples.Of(torch.tensor inputs, torch.tensor labels).Content)
        Assert.Equal(one.Content, Examples.Of(torch.tensor inputs, labels).Content)
        Assert.Equal(one.Content, Examples.Of(inputs, torch.tensor labels).Content)
        let own = SupervisedTask.Of(Halves(), Halves(), Halves(), LossFunction.CrossEntropy, 10)
        Assert.True(FairComparison.Run(arms, Sequential(Linear(1L, 2L)), own, observer = Observer.None).IsComplete)

    [<Fact>]
    member _.``losses, metrics and augmentation are functions``() =
        let struct (train, validation, test) = Examples.Of(inputs, labels).Split(0.6, 0.2, 0.2)

        let recall =
            TaskMetric.OverSplit(
                Metric("recall", MetricGoal.Higher, MetricScale.Percent),
                fun output target -> (output.argmax 1L * target).sum() / target.sum ()
            )

        let task =
            SupervisedTask.Of(
                train,
                validation,
                test,
                loss = (fun output target -> functional.cross_entropy (output, target)),
                batchSize = 12,
                metrics = [ recall ],
                augmentation = (fun inputs random -> inputs + random.Normal(0L).ToScalar())
            )

        let result = FairComparison.Run(arms, net (), task, TrainerSettings(seed = 1L), Observer.None)

        match result.Runs[0].Test with
        | null -> failwith "the test split was not read"
        | test -> Assert.Equal<string seq>([ "recall"; "loss" ], test.Metrics |> Seq.map _.Name)

    [<Fact>]
    member _.``observers go in wherever a function does``() =
        let fresh () =
            torch.manual_seed 1L |> ignore
            net ()

        let events = ResizeArray<TrainingEvent>()
        use writer = new StringWriter()
        let both = Observer.JsonLines writer + Observer.Of(fun e -> events.Add e)
        let plan = schedule |> Schedule.on (fresh ()) (task 1L).StepsPerEpoch
        let record = Trainer.Run(plan, fresh (), task 1L, TrainerSettings(), both)
        let lines = writer.ToString().Trim().Split('\n')
        Assert.Equal<TrainingEvent seq>(events, lines |> Seq.map EventLog.FromLine)
        let again = Trainer.Run(plan, fresh (), task 1L, observer = Observer.None)
        let third = Trainer.Run(plan, fresh (), task 1L, observer = (fun e -> events.Add e))
        Assert.Equal(record.Test, again.Test)
        Assert.Equal(record.Test, third.Test)

        let compared =
            FairComparison.Run(
                arms,
                fresh (),
                task 1L,
                TrainerSettings(),
                (fun arm e -> both.Observe(arm, e)),
                (fun arm _ -> ignore arm.Name)
            )

        Assert.True(compared.IsComplete)

    [<Fact>]
    member _.``a study takes functions``() =
        let folder = Path.Combine(Path.GetTempPath(), $"dsd-{Guid.NewGuid():N}")

        try
            let source = StudySource.Of(model = (fun () -> net ()), task = (fun seed -> task seed))

            let study =
                Study(
                    "own",
                    source.Config,
                    [ StudyVariant("half", schedule) ],
                    [ StudyArm.Dsd; StudyArm.Control ],
                    [ 1L; 2L ]
                )

            let seen = ResizeArray()

            let watched =
                study.Run(folder, source, observer = fun name finished all -> seen.Add(name, finished, all))

            Assert.True watched.IsJudged
            Assert.All(seen, (fun (name, finished, all) -> Assert.True(name <> "" && finished <= all)))
            Assert.Contains(seen, (fun (_, finished, all) -> finished = all))
            Assert.True(study.Run(folder, source, Observer.None).IsJudged)
            Assert.True(study.Run(folder, source).IsJudged)
        finally
            Directory.Delete(folder, true)
