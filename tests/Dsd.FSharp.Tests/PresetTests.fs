namespace Dsd.FSharp.Tests

open System
open Dsd
open Dsd.FSharp
open Dsd.Schedules
open Dsd.Testing
open FsCheck.Xunit
open Xunit

/// Schedules that people know, each written three times: with the core's builder, as an expression, as JSON.
type PresetTests() =

    let same (core: Schedule) (face: Schedule) (json: string) =
        Assert.Equal(core, face)
        Assert.Equal(core, Schedule.FromJson json)
        Assert.Equal(Ok core, Schedule.tryOfJson json)
        Assert.Equal(core.ToJson(), Schedule.toJson face)
        Assert.Equal(core, Schedule.FromJson(core.ToJson()))

    /// Han et al. 2017, section 4: each phase at a tenth of the rate before.
    [<Fact>]
    member _.``Dense-Sparse-Dense as in the paper is one schedule``() =
        let written = dsd {
            dense (epochs 6) (cosine 0.05 0.005)
            sparse (epochs 3) (constant 0.005) 0.3 |> keep "fc3"
            dense (epochs 3) (constant 0.0005)
        }

        same
            (Schedule
                .Start()
                .Dense(6.0, LearningRate.Cosine(0.05, 0.005))
                .Sparse(3.0, 0.005, 0.3, (fun layers -> layers.Keep "fc3"))
                .Dense(3.0, 0.0005)
                .Build())
            written
            """{ "phases": [
                { "name": "dense", "duration": "6ep", "rate": { "cosine": { "from": 0.05, "to": 0.005 } } },
                { "name": "sparse", "duration": "3ep", "rate": 0.005, "sparsity": 0.3, "layers": [ { "keep": "fc3" } ] },
                { "name": "redense", "duration": "3ep", "rate": 0.0005 } ] }"""

        let layers = LayerScope.Default.Keep "fc3"
        Assert.Equal(Schedule.Dsd(epochs 6, epochs 3, epochs 3, sparsity = 0.3, rate = 0.05, layers = layers), written)

    /// Han et al. 2017, section 4.4: Deep Speech is pruned twice, by a half and then by a quarter.
    [<Fact>]
    member _.``Dense-Sparse-Dense-Sparse-Dense of Deep Speech is one schedule``() =
        let core =
            Schedule
                .Start()
                .Dense(50.0, 0.0003)
                .Sparse(50.0, 0.0003, 0.5)
                .Dense(20.0, 0.0003)
                .Sparse(50.0, 0.0003, 0.25)
                .Dense(20.0, 0.0003)
                .Build()

        let rate = constant 0.0003

        same
            core
            (dsd {
                dense (epochs 50) rate

                for sparsity in [ 0.5; 0.25 ] do
                    sparse (epochs 50) rate sparsity
                    dense (epochs 20) rate
            })
            """{ "version": 1, "phases": [
                { "name": "dense", "duration": "50ep", "rate": 0.0003 },
                { "name": "sparse", "duration": "50ep", "rate": 0.0003, "sparsity": 0.5 },
                { "name": "redense", "duration": "20ep", "rate": 0.0003 },
                { "name": "sparse 2", "duration": "50ep", "rate": 0.0003, "sparsity": 0.25 },
                { "name": "redense 2", "duration": "20ep", "rate": 0.0003 } ] }"""

    [<Fact>]
    member _.``the control has the phases and rates without a mask``() =
        let schedule = dsd {
            dense (epochs 6) (cosine 0.05 0.005)
            sparse (epochs 3) (constant 0.005) 0.3 |> globally |> regrownState RegrownState.Reset
            dense (epochs 3) (constant 0.0005)
        }

        same
            (Schedule
                .Start()
                .Dense(6.0, LearningRate.Cosine(0.05, 0.005))
                .Dense(3.0, 0.005, "sparse")
                .Dense(3.0, 0.0005)
                .Build())
            (Schedule.control schedule)
            """{ "phases": [
                { "name": "dense", "duration": "6ep", "rate": { "cosine": { "from": 0.05, "to": 0.005 } } },
                { "name": "sparse", "duration": "3ep", "rate": { "constant": { "rate": 0.005 } } },
                { "name": "redense", "duration": "3ep", "rate": 0.0005 } ] }"""

        Assert.Equal(Arm.Control(schedule).Schedule, Schedule.control schedule)

    /// Peste et al. 2021: compressed and decompressed phases by turns.
    [<Fact>]
    member _.``alternating compressed and decompressed phases as in AC-DC are one schedule``() =
        let round =
            Schedule
                .Start()
                .Sparse(
                    Duration.Epochs 5,
                    LearningRate.Constant 0.01,
                    SparsityCurve.Constant 0.9,
                    name = "compressed",
                    mask = MaskRule(distribution = SparsityDistribution.Global)
                )
                .Dense(5.0, 0.01, "decompressed")
                .Build()

        let alternating = dsd {
            dense (epochs 10) (constant 0.01 |> warmUp 0.5)

            for _ in 1..2 do
                sparse (epochs 5) (constant 0.01) 0.9 |> globally |> named "compressed"
                dense (epochs 5) (constant 0.01) |> named "decompressed"
        }

        let turns = dsd {
            sparse (epochs 5) (constant 0.01) 0.9 |> globally |> named "compressed"
            dense (epochs 5) (constant 0.01) |> named "decompressed"
        }

        let warm = dsd { dense (epochs 10) (constant 0.01 |> warmUp 0.5) }
        Assert.Equal(alternating, warm |> Schedule.andThen (turns |> Schedule.repeat 2))

        let compressed =
            """{ "name": "compressed", "duration": "5ep", "rate": 0.01, "sparsity": 0.9, "mask": { "spread": "global" } },
               { "name": "decompressed", "duration": "5ep", "rate": 0.01 }"""

        same
            (Schedule.Start().Dense(10.0, LearningRate.Constant(0.01).WithWarmUp 0.5).Build().Then(round.Repeat 2))
            alternating
            $$"""{ "phases": [
                { "name": "dense", "duration": "10ep", "rate": { "constant": { "rate": 0.01, "warmUp": 0.5 } } },
                {{compressed}}, {{compressed}} ] }"""

    /// Zhu and Gupta 2017: the sparsity rises along a cubic curve, masks are chosen every so many steps.
    [<Fact>]
    member _.``gradual pruning is one schedule``() =
        same
            (Schedule
                .Start()
                .Dense(Duration.Steps 200, LearningRate.Linear(0.1, 0.01))
                .Sparse(
                    Duration.Steps 2000,
                    LearningRate.Step(0.01, 0.1, ReadOnlySpan [| 0.5; 0.75 |]),
                    SparsityCurve.Cubic(0, 0.9),
                    mask = MaskRule(update = MaskUpdate.Every 100)
                )
                .Sparse(
                    Duration.Steps 500,
                    LearningRate.Constant 0.001,
                    SparsityCurve.Linear(0.9, 0.5),
                    mask = MaskRule(update = MaskUpdate.Every 50),
                    regrownWeights = RegrownWeights.Restored
                )
                .Build())
            (dsd {
                dense (steps 200) (linear 0.1 0.01)
                sparse (steps 2000) (stepped 0.01 0.1 [ 0.5; 0.75 ]) 0.9 |> ramp 0 |> remask 100

                sparse (steps 500) (constant 0.001) 0.5
                |> linearRamp 0.9
                |> remask 50
                |> regrow RegrownWeights.Restored
            })
            """{ "phases": [
                { "name": "dense", "duration": "200st", "rate": { "linear": { "from": 0.1, "to": 0.01 } } },
                { "name": "sparse", "duration": "2000st", "rate": { "step": { "from": 0.01, "factor": 0.1, "milestones": [ 0.5, 0.75 ] } },
                  "sparsity": { "cubic": { "from": 0, "to": 0.9 } }, "mask": { "update": { "everySteps": 100 } } },
                { "name": "sparse 2", "duration": "500st", "rate": 0.001, "sparsity": { "linear": { "from": 0.9, "to": 0.5 } },
                  "mask": { "update": { "everySteps": 50 } }, "onLeaving": { "rebornWeights": "restored" } } ] }"""

    [<Fact>]
    member _.``the arm with a random mask is one schedule``() =
        same
            (Schedule
                .Start()
                .Dense(2.0, 0.05)
                .Sparse(
                    Duration.Epochs 1,
                    LearningRate.Constant 0.005,
                    SparsityCurve.Constant 0.5,
                    (fun layers -> layers.Keep(LayerSelector.Last(LayerKind.Linear)).Set("fc1", 0.7)),
                    mask = MaskRule(MaskCriterion.Random 3)
                )
                .Dense(1.0, 0.0005)
                .Build())
            (dsd {
                dense (epochs 2) (constant 0.05)

                sparse (epochs 1) (constant 0.005) 0.5
                |> rankedBy (atRandom 3)
                |> scope (fun layers -> layers.Keep(LayerSelector.Last LayerKind.Linear))
                |> level "fc1" 0.7

                dense (epochs 1) (constant 0.0005)
            })
            """{ "phases": [
                { "name": "dense", "duration": "2ep", "rate": 0.05 },
                { "name": "sparse", "duration": "1ep", "rate": 0.005, "sparsity": 0.5, "mask": { "criterion": { "random": { "seed": 3 } } },
                  "layers": [ { "keep": { "last": "linear" } }, { "set": "fc1", "sparsity": 0.7 } ] },
                { "name": "redense", "duration": "1ep", "rate": 0.0005 } ] }"""

    [<Property(Arbitrary = [| typeof<Generators> |])>]
    member _.``functions on schedules are the core's members``(schedule: Schedule, next: Schedule) =
        Assert.Equal(schedule.Repeat 3, schedule |> Schedule.repeat 3)
        Assert.Equal(schedule.Then next, schedule |> Schedule.andThen next)
        Assert.Equal(schedule.AsDenseControl(), schedule |> Schedule.control)
        Assert.Equal(schedule.ToJson(), schedule |> Schedule.toJson)
        Assert.Equal(Ok schedule, schedule |> Schedule.toJson |> Schedule.tryOfJson)

    [<Theory>]
    [<InlineData("", "empty")>]
    [<InlineData("{ \"phases\": [] }", "at least one phase")>]
    [<InlineData("{ \"phases\": [ { \"name\": \"a\", \"duration\": \"6\", \"rate\": 1 } ] }", "'6' is not a duration")>]
    member _.``JSON that is no schedule is an error that says why``(json: string, reason: string) =
        match Schedule.tryOfJson json with
        | Ok schedule -> failwith (schedule.Describe())
        | Error message ->
            Assert.Contains(reason, message)

            Assert.Equal(
                Assert.Throws<JsonFormatException>(fun () -> Schedule.FromJson json |> ignore).Message,
                message
            )
