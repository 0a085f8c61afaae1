namespace Dsd.Charts.Tests

open AngleSharp.Html.Parser
open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies
open Microsoft.DotNet.Interactive.Formatting
open Xunit

/// What a notebook shows, by the package that notebooks show things with and nothing registered in it.
type DisplayTests() =

    let run = Run.sound.Runs[0]
    let plan = (nonNull run.Start).Plan()

    let refused =
        Assert.Throws<PlanException>(fun () ->
            let absent = LayerScope.Default.Keep("<absent>").Keep "missing"

            let phase =
                Phase(
                    "sparse",
                    Duration.Steps 2L,
                    LearningRate.Constant 0.1,
                    SparsityCurve.Constant 0.5,
                    layers = absent
                )

            Plan.Resolve(Schedule(ValueList.ToValueList [ phase ]), ModelShape.Empty.Linear("fc", 4, 4), 1)
            |> ignore)

    let shown (value: obj) = HtmlParser().ParseDocument(value.ToDisplayString "text/html").Body |> nonNull

    let count (selector: string) (value: obj) = (shown value).QuerySelectorAll(selector).Length

    static member Types() : TheoryData<System.Type> =
        TheoryData<System.Type>(
            [ typeof<Schedule>
              typeof<Plan>
              typeof<RunRecord>
              typeof<Comparison>
              typeof<PlanException>
              typeof<Study>
              typeof<StudyPlan>
              typeof<StudyResults>
              typeof<Picture> ]
        )

    [<Theory>]
    [<MemberData(nameof DisplayTests.Types)>]
    member _.``a notebook shows the type as HTML without being asked``(shown: System.Type) =
        Assert.Equal<string list>([ "text/html" ], List.ofSeq (Formatter.GetPreferredMimeTypesFor shown))
        let formatter = Formatter.GetPreferredFormatterFor(shown, "text/html")
        Assert.Equal("text/html", formatter.MimeType)
        // The package has a formatter of HTML for every type; ours must come first.
        Assert.Equal((Formatter.GetPreferredFormatterFor(typeof<Schedule>, "text/html")).GetType(), formatter.GetType())
        Assert.NotEqual((Formatter.GetPreferredFormatterFor(typeof<Phase>, "text/html")).GetType(), formatter.GetType())

    [<Fact>]
    member _.``a schedule shows its timeline``() = Assert.Equal(1, count "div.dsd-chart[aria-label=Schedule]" Run.dsd)

    [<Fact>]
    member _.``a plan shows its tables``() =
        Assert.Equal(2, count "table" plan)
        Assert.Equal(0, count "div.dsd-chart" plan)
        Assert.Contains("fc1.weight", (shown plan).TextContent)

    [<Fact>]
    member _.``a run shows its dashboard``() =
        Assert.Equal(1, count "table" run)
        Assert.Equal(1, count "div.dsd-chart[aria-label='Learning curves']" run)
        Assert.Equal(1, count "div.dsd-chart[aria-label='Weights of fc1.weight']" run)
        Assert.Equal(3, count "div.dsd-chart" run)

    [<Fact>]
    member _.``a run without a sparse phase shows no masks``() =
        Assert.Equal(1, count "div.dsd-chart" Run.sound.Runs[1])

    [<Fact>]
    member _.``a comparison shows its table and charts``() =
        Assert.Equal(1, count "table" Run.sound)
        Assert.Equal(2, count "tbody tr" Run.sound)
        Assert.Equal(2, count "div.dsd-chart" Run.sound)

    [<Fact>]
    member _.``an exception of a plan shows its issues``() =
        Assert.Equal(2, count "li" refused)
        Assert.Contains("<absent>", (shown refused).TextContent)

    [<Fact>]
    member _.``a study and its plan show their tables``() =
        let study = Trials.one 3
        Assert.Equal(1, count "table" study)
        Assert.Equal(2, count "table" (StudyPlan.Resolve(study, Trials.source)))

    [<Fact>]
    member _.``results of a study show their tables and differences``() =
        let results = Trials.sound (Trials.one 3)
        Assert.Equal(2, count "table" results)
        Assert.Equal(1, count "div.dsd-chart[aria-label='Paired differences']" results)
        Assert.Contains("Provisional", (shown (Trials.empty (Trials.one 3))).TextContent)

    [<Fact>]
    member _.``an exception of a study shows its issues``() =
        let issue = PlanIssue("DSD101", "variant '<a>'", "There is none.")
        let refused = PlanException("The study cannot be carried out", ValueList.ToValueList [ issue ])
        Assert.Equal(1, count "li" refused)
        Assert.StartsWith("The study cannot be carried out:", (shown refused).TextContent)

    [<Fact>]
    member _.``a picture shows itself``() =
        Assert.Equal(1, count "div.dsd-chart[aria-label='Mask changes']" (Draw.MaskChanges run))

    [<Fact>]
    member _.``what has not begun shows its text``() =
        Assert.Contains("A run that has not started.", (shown RunRecord.Empty).TextContent)
        Assert.Equal(1, count "pre" RunRecord.Empty)

        Assert.Contains("No phase has started.", (shown (Comparison ValueList<RunRecord>.Empty)).TextContent)

    [<Fact>]
    member _.``the drawing library comes once a process``() =
        let has (value: obj) = (value.ToDisplayString "text/html").Length > 1_000_000
        PlotlyScript.sent <- false
        Assert.Equal<bool list>([ true; false; false ], [ has Run.dsd; has run; has Run.dsd ])
        Assert.False(has plan)

    [<Fact>]
    member _.``values without a picture of their own have none``() =
        Assert.Null(Display.Html 1)
        Assert.Null(Display.Html "text")
        Assert.Null(Display.Html plan.Phases[0])
