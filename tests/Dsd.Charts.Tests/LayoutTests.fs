namespace Dsd.Charts.Tests

open System
open System.IO
open System.Text.Json
open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Schedules
open Dsd.Studies
open Dsd.Tests.Shared
open Dsd.Testing
open Plotly.NET
open Xunit
open Dsd.Records

/// Charts and reports as a reader sees them, in wide and in narrow windows, on light and on dark pages.
[<Trait("Tier", "slow")>]
type LayoutTests() =

    /// What is wrong with the layout of a page.
    let problems (width: int) (write: string -> unit) =
        Skip.If(isNull Browser.Path, Browser.Missing)
        use folder = new TempFolder()
        write folder["page.html"]
        let script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Overlaps.js"))
        File.AppendAllText(folder["page.html"], $"<script>{script}</script>")

        // A window is at least 500 pixels wide, a frame may be narrower.
        File.WriteAllText(
            folder["window.html"],
            "<!DOCTYPE html><script>onmessage = function (e) { document.getElementById('problems').textContent = e.data; }</script>"
            + $"<iframe src=\"page.html\" style=\"width:{width}px;height:6000px;border:0\"></iframe><pre id=\"problems\"></pre>"
        )

        let struct (code, dom, said) =
            Browser.Visit(
                folder["window.html"],
                folder.Root,
                [ $"--window-size={width + 100},800"
                  $"--blink-settings=preferredColorScheme={(if width < 600 then 0 else 1)}" ]
            )

        Assert.True((code = 0), $"the browser ended with {code}: {said}")

        match (Faults.html dom).QuerySelector "#problems" with
        | null -> failwith "there is no place for what was measured"
        | found when found.TextContent = "" -> failwith $"the page was not measured: {said}"
        | found ->
            let found = (JsonDocument.Parse found.TextContent).RootElement
            Assert.Equal(width, (found.GetProperty "width").GetInt32())
            [ for p in (found.GetProperty "problems").EnumerateArray() -> string (p.GetString()) ]

    let page (parts: string list) (path: string) = File.WriteAllText(path, Page.text "Charts" parts)

    let pictures (all: Picture list) = page [ for p in all -> p.Fragment 0 ]

    let rounds = (Run.dsd.Repeat 3)

    /// Names as people give them, longer than their places.
    let long =
        let network =
            ModelShape.Empty
                .Convolution("features.denseblock4.denselayer16.conv1", 8, 20, 1)
                .Convolution("features.denseblock4.denselayer16.conv2", 20, 50, 3)
                .Linear("classifier.intermediate.projection", 800, 500)

        let schedule =
            Schedule(
                [ for i, p in Seq.indexed Run.dsd.Phases -> p.WithName $"phase {i} of a long experiment" ].ToValueList()
            )

        let run arm schedule =
            (Run.events arm "resnext-50-32x4d" "fashion-mnist" (PlanCase(schedule, network, 40)) 7 false)
            |> Records.RunRecord.Fold

        Records.Comparison(
            [ run "dense-sparse-dense-gradual-magnitude" schedule
              run "control-without-any-mask-at-all" (schedule.AsDenseControl()) ]
                .ToValueList()
        )

    let longStudy names =
        let study =
            Study(
                "long",
                Trials.setting,
                [ for i, name in List.indexed names -> StudyVariant(name, Trials.schedule (0.1 * float (i + 1))) ],
                [ StudyArm.Dsd; StudyArm.Control; StudyArm.RandomMask ],
                [ 1L .. 7L ],
                Judgement.EveryVariant
            )

        Trials.sound study

    static member Widths() : TheoryData<int> =
        let data = TheoryData<int>()
        data.Add 480
        data.Add 1300
        data

    [<SkippableTheory>]
    [<MemberData(nameof LayoutTests.Widths)>]
    member _.``in the report of a run no text stands on another, and key columns stay``(width: int) =
        problems width (fun path -> File.WriteAllText(path, Report.Html(Run.sound, "dsd train")))
        |> Assert.Empty

    [<SkippableTheory>]
    [<MemberData(nameof LayoutTests.Widths)>]
    member _.``in the report of a study no text stands on another, and key columns stay``(width: int) =
        problems width (fun path -> File.WriteAllText(path, StudyReport.Html(Trials.sound (Trials.sweep 5 3))))
        |> Assert.Empty

    [<SkippableTheory>]
    [<MemberData(nameof LayoutTests.Widths)>]
    member _.``long names and many phases find their room``(width: int) =
        let run = long.Runs[0]
        let many = (Run.lenet "dsd" rounds).Record
        let plan = (nonNull many.Start).Plan()

        [ Draw.Arms long
          Draw.LearningCurves long
          Draw.SparsityOverTime long
          Draw.Sparsity run
          Draw.MaskChanges run
          Draw.Weights(run, "classifier.intermediate.projection")
          Draw.WeightsOfAllLayers run
          Draw.Layers((nonNull run.Start).Plan())
          Draw.Timeline rounds
          Draw.Timeline plan
          Draw.Layers plan
          Draw.LearningCurves many
          Draw.Sparsity many
          Draw.Weights(many, "fc1.weight") ]
        |> pictures
        |> problems width
        |> Assert.Empty

    [<SkippableTheory>]
    [<MemberData(nameof LayoutTests.Widths)>]
    member _.``studies of long names find their room``(width: int) =
        let studies =
            [ longStudy [ for i in 1..9 -> $"learning rate of the last phase {float i * 0.001}" ]
              longStudy
                  [ "all layers but the first and the last"; "one ranking over all of the layers"; "convolutions" ] ]

        [ for results in studies do
              Draw.PairedDifferences results
              Draw.Effects results
              Draw.StudyCurves results ]
        |> pictures
        |> problems width
        |> Assert.Empty

    [<SkippableFact>]
    member _.``overlaps, buttons and wide pages are found, so that their absence means something``() =
        let crowded =
            Picture(
                "Crowded",
                200,
                Chart.Point(x = [ 1; 2 ], y = [ 1; 2 ])
                |> Chart.withAnnotations
                    [ for at in [ 0.5; 0.51 ] -> Frames.note at 0.5 "the same place" StyleParam.XAnchorPosition.Center ]
            )

        let found = problems 480 (page [ crowded.Fragment 0; "<div style=\"width:900px\">wide</div>" ])
        Assert.Contains("Crowded: \"the same place\" and \"the same place\" overlap", found)
        Assert.Contains("the page is wider than its window", found)

    [<Fact>]
    member _.``numbers of a logarithmic axis are written alike``() =
        Assert.Equal<string list>([ "0.1"; "0.01"; "0.001"; "0.0001" ], Ticks.texts [ 0.1; 0.01; 0.001; 0.0001 ])
        Assert.Equal<string list>([ "1e−7"; "1e−1" ], Ticks.texts [ 1e-7; 0.1 ])
        Assert.Equal<string list>([ "100 k"; "1 M"; "100 M" ], Ticks.texts [ 1e5; 1e6; 1e8 ])

        Assert.Equal<float list>(
            [ 1e-4; 1e-3; 1e-2 ],
            List.map (fun (v: float) -> Math.Round(v, 12)) (Ticks.at 8e-5 2e-2 100.0)
        )

    [<Fact>]
    member _.``pictures say network, data and seeds``() =
        Assert.Equal("lenet-5 on fashion-mnist, seed 7", (Draw.LearningCurves Run.sound).Subtitle)

        Assert.Equal(
            "Study sweep: lenet-300-100 on fashion-mnist, 3 seeds",
            (Draw.Effects(Trials.sound (Trials.sweep 5 3))).Subtitle
        )

        Assert.Equal("Schedule: dense 2ep + sparse 1ep + redense 30st", (Draw.Timeline Run.dsd).Subtitle)
        use folder = new TempFolder()
        (Draw.LearningCurves Run.sound).Save folder["a.html"] |> ignore
        Assert.Contains("<p class=\"about\">lenet-5 on fashion-mnist, seed 7</p>", File.ReadAllText folder["a.html"])

    [<Fact>]
    member _.``results from the CSV of a study have its arms, differences and pictures``() =
        for study, metric in [ Trials.one 4, "accuracy"; Trials.sweep 5 3, "CER"; Trials.sweep 2 6, "loss" ] do
            let failing (trial: Trial) : string | null =
                if trial.Seed = 2L && trial.Treatment.Name.StartsWith "control" then
                    "no"
                else
                    null

            let made = Trials.results study metric Trials.ordinary failing
            let again = StudyResults.FromCsv(made.Plan, made.ToCsv())
            Assert.Equal(made.IsJudged, again.IsJudged)
            Assert.Equal<ArmResult>(made.Arms, again.Arms)
            Assert.Equal<Contrast>(made.Contrasts, again.Contrasts)

            Assert.Equal<string>(
                [ for t in made.Failures -> t.Trial.Name ],
                [ for t in again.Failures -> t.Trial.Name ]
            )

            Assert.Equal((Draw.Effects made).Json, (Draw.Effects again).Json)
            Assert.Equal((Draw.PairedDifferences made).Json, (Draw.PairedDifferences again).Json)

    [<Fact>]
    member _.``what is wrong with a CSV of a study is said, all of it``() =
        let made = Trials.sound (Trials.one 2)
        let lines = made.ToCsv().Split '\n'

        let wrong =
            lines
            |> Array.mapi (fun i l ->
                if i = 1 then l.Replace(",1,completed", ",77,completed")
                elif i = 2 then l + ",more"
                else l)

        let said =
            Assert
                .Throws<DsdException>(fun () -> StudyResults.FromCsv(made.Plan, String.concat "\n" wrong) |> ignore)
                .Message

        Assert.Contains("seed 77", said)
        Assert.Contains("Line 3 has 28 cells, and there are 27 columns", said)

        Assert.Contains(
            "Its metric is 'accuracy', but 'loss' was requested.",
            Assert
                .Throws<DsdException>(fun () ->
                    StudyResults.FromCsv(made.Plan, made.ToCsv(), Records.Metric.Loss) |> ignore)
                .Message
        )

        let columns =
            Assert.Throws<DsdException>(fun () -> StudyResults.FromCsv(made.Plan, "a,b\n1,2") |> ignore).Message

        Assert.Contains("lacks the columns study, group, arm, treatment", columns)
