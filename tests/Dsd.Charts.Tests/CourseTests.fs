namespace Dsd.Charts.Tests

open System.Text.Json
open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Testing
open Xunit
open Dsd.Charts.Tests.Faults

/// The chart of sparsity over time.
type CourseTests() =

    let drawn (records: RunRecord list) = Draw.SparsityOverTime(Comparison(records.ToValueList()))

    let traces picture = [ for t in ((parsed picture).GetProperty "data").EnumerateArray() -> t ]

    let names picture = traces picture |> List.map (fun t -> text t "name") |> List.filter ((<>) "")

    let numbers (trace: JsonElement) (name: string) =
        [ for v in (trace.GetProperty name).EnumerateArray() -> v.GetDouble() ]

    let lenet arm = Run.lenet arm Run.dsd

    let cut length (run: Run) = RunRecord.Fold(List.truncate length run.Events)

    /// A run of a network of so many layers.
    let deep count =
        let shape =
            List.fold (fun (shape: ModelShape) i -> shape.Linear($"fc{i}", 30, 30)) ModelShape.Empty [ 1..count ]

        RunRecord.Fold(Run.events "dsd" "deep" "fashion-mnist" (PlanCase(Run.dsd, shape, 40)) 7 false)

    [<Fact>]
    member _.``each layer is at what its masks removed while they hold, and at zero in dense phases``() =
        let first = traces (drawn [ (lenet "dsd").Record ]) |> List.head
        let third = 1.0 - float (500L - 500L / 3L) / 500.0

        // Dense to epoch 2, sparse to 3, dense for 30 of 40 steps.
        for at, value in List.zip (numbers first "x") (numbers first "y") do
            if at < 2.0 || at > 3.0 then
                Assert.Equal(0.0, value)
            elif at > 2.0 && at < 3.0 then
                Assert.Equal(third, value, 9)

        Assert.Equal(3.75, List.last (numbers first "x"))

    [<Fact>]
    member _.``arms without masks are said to have none``() =
        let picture = drawn [ (Run.lenet "control" (Run.dsd.AsDenseControl())).Record ]
        Assert.Contains("no arm has masks", picture.Json)
        Assert.Empty(faults picture)
        Assert.Contains("no arm has masks", (drawn []).Json)

    [<Fact>]
    member _.``runs that broke off anywhere are drawn beside one that did not``() =
        let whole = lenet "dsd"

        for length in 0 .. whole.Events.Length do
            Assert.Empty(faults (drawn [ cut length whole; whole.Record ]))

    [<Fact>]
    member _.``layers are named also where the first arm has no phase``() =
        let whole = lenet "dsd"
        let picture = drawn [ cut 1 whole; whole.Record ]
        let named = traces picture |> List.filter (fun t -> text t "name" <> "")
        Assert.Equal<string list>([ "conv1.weight"; "conv2.weight"; "fc1.weight" ], names picture)
        Assert.All(named, fun t -> Assert.NotEmpty(numbers t "x"))

    [<Fact>]
    member _.``of more than sixteen arms the first are drawn, and the title says so``() =
        let arms count = [ for i in 1..count -> (lenet $"arm {i}").Record ]
        let all, more = drawn (arms 16), drawn (arms 17)
        Assert.Equal("Sparsity over time", all.Title)
        Assert.Equal("Sparsity over time of the first 16 of 17 arms", more.Title)
        Assert.Equal((traces all).Length, (traces more).Length)
        Assert.Contains("arm 16", more.Json)
        Assert.DoesNotContain("arm 17", more.Json)

    [<Fact>]
    member _.``of more than eight layers the first seven and the last are drawn, and the picture says so``() =
        let all, more = drawn [ deep 8 ], drawn [ deep 10 ]
        Assert.Equal<string list>([ for i in 1..8 -> $"fc{i}.weight" ], names all)
        Assert.Equal<string list>([ for i in [ 1; 2; 3; 4; 5; 6; 7; 10 ] -> $"fc{i}.weight" ], names more)
        Assert.DoesNotContain("layers", all.Subtitle)
        Assert.EndsWith("; the first 7 and the last of 10 layers", more.Subtitle)

    [<Fact>]
    member _.``the same runs give the same figure, read back or not``() =
        let run = lenet "dsd"
        let back = RunRecord.Fold [ for e in run.Events -> EventLog.FromLine(EventLog.ToLine e) ]
        Assert.Equal((drawn [ run.Record ]).Json, (drawn [ run.Record ]).Json)
        Assert.Equal((drawn [ run.Record ]).Json, (drawn [ back ]).Json)
