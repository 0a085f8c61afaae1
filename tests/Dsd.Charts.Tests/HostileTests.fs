namespace Dsd.Charts.Tests

open System
open System.Text.RegularExpressions
open AngleSharp.Dom
open AngleSharp.Html.Parser
open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Tests.Shared
open Dsd.Testing
open Markdig
open Xunit
open Dsd.Charts.Tests.Faults

/// Names are text wherever they come out: no name makes an element, an attribute, a script or a link.
[<Trait("Tier", "slow")>]
type HostileTests() =

    let list (items: 'T seq) = items.ToValueList()

    /// A run in which every name that is not restricted is the given text.
    let run (name: string) =
        let rule = LayerScope.Default.Set($"{name}*", 0.125).Set("*", 0.25).Prune($"{name}*")

        let phase duration = Phase(name, duration, LearningRate.Constant 0.1, SparsityCurve.Constant 0.5, layers = rule)

        let schedule =
            Schedule(list [ phase (Duration.Steps 4L); phase (Duration.Steps 2L); phase (Duration.Steps 2L) ])

        let shape = ModelShape.Empty.Linear(name, 4, 4).Linear("other", 4, 4)

        let started, rest =
            match Run.events "dsd" name name (PlanCase(schedule, shape, 2)) 3 false with
            | (:? TrainingEvent.RunStarted as e) :: rest -> e, rest
            | _ -> failwith "a run begins"

        let started =
            TrainingEvent.RunStarted(
                name,
                started.Schedule,
                name,
                started.Shape,
                name,
                started.StepsPerEpoch,
                name,
                name,
                started.GradientClip,
                started.Seed,
                name,
                started.Threads,
                name,
                name,
                started.Time
            )

        let change (event: TrainingEvent) : TrainingEvent =
            match event with
            | :? TrainingEvent.Evaluated as e ->
                TrainingEvent.Evaluated(
                    e.Step,
                    e.Split,
                    list
                        [ Metric(
                              (if System.String.IsNullOrWhiteSpace name then "blank" else name),
                              MetricGoal.Higher,
                              unit = name
                          )
                              .Of
                              0.5
                          Metric.Loss.Of 1.0 ]
                )
            | :? TrainingEvent.RunEnded as e -> TrainingEvent.RunEnded(e.Step, RunOutcome.Failed, name, 1.0)
            | other -> other

        RunRecord.Fold((started :> TrainingEvent) :: List.map change rest)

    let comparison name = Comparison(list [ run name; run name ])

    let issues name = PlanException(list [ PlanIssue(name, name, name); PlanIssue("DSD002", "phase", name) ])

    let schedule name = (nonNull (run name).Start).Schedule

    let fragments name : (string * string) list =
        [ "schedule", Display.Html(schedule name)
          "plan", Display.Html((nonNull (run name).Start).Plan())
          "run", Display.Html(run name)
          "comparison", Display.Html(comparison name)
          "issues", Display.Html(issues name)
          "picture", Display.Html(Draw.Weights(run name, $"{name}.weight")) ]
        |> List.map (fun (label, fragment) -> label, nonNull fragment)

    static member Names() : TheoryData<string> =
        let data = TheoryData<string>()

        for name in Run.hostile do
            data.Add name

        data

    [<Theory>]
    [<MemberData(nameof HostileTests.Names)>]
    member _.``a report has the elements of any report, and the names as they are``(name: string) =
        let page = Report.Html(comparison name, name)
        Assert.Empty(strange page)
        Assert.Equal<string list>(skeleton (Report.Html(comparison "plain", "plain")), skeleton page)
        let document = html page
        let name = lines name
        let ofTag (tag: string) = [ for e in document.QuerySelectorAll tag -> lines e.TextContent ]
        Assert.Equal<string list>([ $"{name} on {name}, seed 3" ], ofTag "title")
        Assert.Equal<string list>([ $"{name} on {name}, seed 3" ], ofTag "h1")
        Assert.Contains($"{name}: Failed after 8 steps: {name}", ofTag "p.about")
        Assert.Contains($"Plan of {name}", ofTag "h2")
        Assert.Contains($"Weights of {name}.weight", ofTag "h3")
        Assert.Contains($"Layers in '{name}':", ofTag "p.about")
        Assert.Contains(ofTag "p.about", fun words -> words.Contains($"'set {name}* = 0.125'"))
        Assert.Contains(ofTag "p.about", fun words -> words.EndsWith($" on test above {name}; higher is better."))
        Assert.Equal(name, List.last (ofTag "pre"))

        for cell in [ name; $"{name}.weight"; $"kept, {name}"; $"{name}: {name}"; $"{name}, 2 threads" ] do
            Assert.Contains(cell, cells document)

        let labels =
            [ for d in document.QuerySelectorAll "div.dsd-chart" -> lines (nonNull (d.GetAttribute "aria-label")) ]

        Assert.Contains($"Weights of {name}.weight", labels)

    [<Theory>]
    [<MemberData(nameof HostileTests.Names)>]
    member _.``a notebook shows names as they are``(name: string) =
        let all = fragments name

        for (label, fragment), (_, plain) in List.zip all (fragments "plain") do
            Assert.True((strange fragment).IsEmpty, $"{label}: {strange fragment}")
            // The library comes once a process, with whatever is shown first.
            let body page = skeleton page |> List.filter ((<>) "script")
            Assert.Equal<string list>(body plain, body fragment)

        let shown label = html (Map.find label (Map.ofList all))
        let text label = lines (shown label).DocumentElement.TextContent
        let name = lines name
        Assert.Contains($"Layers in '{name}':", text "plan")
        Assert.Contains($"{name}: {name} on {name}, seed 3. Failed after 8 steps: {name}", text "run")
        Assert.Contains(name, cells (shown "comparison"))
        Assert.Contains($"{name}: {name}: {name}", text "issues")

    [<Theory>]
    [<MemberData(nameof HostileTests.Names)>]
    member _.``a saved picture shows names as they are``(name: string) =
        use folder = new TempFolder()
        let page = IO.File.ReadAllText(Draw.Weights(run name, $"{name}.weight").Save folder["picture.html"])
        Assert.Empty(strange page)
        let headings = [ for e in (html page).QuerySelectorAll "title, h1" -> lines e.TextContent ]
        Assert.Equal<string list>([ for _ in 1..2 -> $"Weights of {lines name}.weight" ], headings)

    [<Theory>]
    [<MemberData(nameof HostileTests.Names)>]
    member _.``what Plotly is told has no tag but its own``(name: string) =
        let own = Regex "</?(b|br|span)( style='color:#[0-9a-f]{6}')?/?>"

        for draw in Run.pictures (run name) (comparison name) do
            let picture = draw ()
            let figure = Text.Json.JsonDocument.Parse picture.Json

            let rec strings (e: Text.Json.JsonElement) : string seq = seq {
                match e.ValueKind with
                | Text.Json.JsonValueKind.String -> nonNull (e.GetString())
                | Text.Json.JsonValueKind.Array ->
                    for item in e.EnumerateArray() do
                        yield! strings item
                | Text.Json.JsonValueKind.Object ->
                    for item in e.EnumerateObject() do
                        yield! strings item.Value
                | _ -> ()
            }

            for text in strings figure.RootElement do
                Assert.DoesNotContain("<", own.Replace(text, ""))

    [<Theory>]
    [<MemberData(nameof HostileTests.Names)>]
    member _.``a Markdown report has the elements of any report, and the names as they are``(name: string) =
        let pipeline = MarkdownPipelineBuilder().UsePipeTables().Build()
        let rendered name = html (Markdown.ToHtml(Report.Markdown(comparison name, name), pipeline))
        let document = rendered name
        let tags (d: IDocument) = [ for e in d.All -> e.LocalName ]
        Assert.Equal<string list>(tags (rendered "plain"), tags document)
        Assert.Empty(document.QuerySelectorAll "a, img, script, em, strong")

        let name' = name.ReplaceLineEndings " "
        let ofTag (tag: string) = [ for e in document.QuerySelectorAll tag -> lines e.TextContent ]
        Assert.Equal<string list>([ $"{name'} on {name'}, seed 3" ], ofTag "h1")
        Assert.Contains($"{name'}: Failed after 8 steps: {name'}", ofTag "p")
        Assert.Contains($"Layers in '{name'}':", ofTag "p")
        Assert.Equal(lines name + "\n", List.last (ofTag "pre"))

        for cell in [ name'; $"{name'}.weight"; $"kept, {name'}"; $"prune {name'}*" ] do
            Assert.Contains(cell, cells document)

        for table in document.QuerySelectorAll "table" do
            let columns = (table.QuerySelectorAll "th").Length

            for row in table.QuerySelectorAll "tbody tr" do
                Assert.Equal(columns, row.ChildElementCount)
