namespace Dsd.Charts.Tests

open Dsd.Charts
open Dsd.Plans
open Dsd.Schedules
open Dsd.Tests.Shared
open Xunit

/// The charts and displays of published methods' plans, those among them that leave counts open.
type MethodTests() =

    static let shape = ModelShape.Empty.Linear("fc1", 800, 500).Linear("fc2", 500, 10)

    static member Names = TheoryData<string>([ for m in Method.All -> m.Name ])

    [<Theory; MemberData(nameof MethodTests.Names)>]
    member _.``every method's schedule and plan have their charts``(name: string) =
        let schedule = Method.Named(name).Create(MethodValues.Values(name, null))
        let plan = Plan.Resolve(schedule, shape, 469)

        for picture in [ Draw.Timeline schedule; Draw.Timeline plan; Draw.Layers plan ] do
            Assert.NotEmpty picture.Json
            Assert.DoesNotContain("NaN", picture.Json)

        Assert.NotNull(Display.Html schedule)
        Assert.NotNull(Display.Html plan)
        Assert.Equal((name = "surgery"), (Draw.Layers plan).Json.Contains "at least 4,000 of 400,000")

    [<Fact>]
    member _.``layers of a threshold have bars of what they keep at least``() =
        let surgery = Methods.NetworkSurgery(Duration.Steps 1000L, LearningRate.Constant 0.1, sparsity = 0.75)
        let layers = Draw.Layers(Plan.Resolve(surgery, shape, 469)).Json

        Assert.Contains("0.25", layers)
        Assert.Contains("kept at least", layers)
        Assert.DoesNotContain("one global ranking", layers)
