namespace Dsd.Charts.Tests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Tests.Shared
open Dsd.Testing
open Xunit
open FsCheck
open FsCheck.FSharp
open FsCheck.Xunit
open Dsd.Charts.Tests.Faults

[<Properties(Arbitrary = [| typeof<Runs> |], MaxTest = 25)>]
type PictureTests() =

    let together (runs: Run list) = Comparison([ for run in runs -> run.Record ].ToValueList())

    /// All that can be made of a record; ids, which are drawn at random, are left out.
    let told (record: RunRecord) =
        let comparison = Run.alone record
        let page = Report.Html(comparison, "dsd train")

        [ for draw in Run.pictures record comparison -> draw().Json ]
        @ [ Regex.Replace(page.Substring(page.IndexOf "<body>"), "dsd-[0-9a-f]{32}", "id")
            Report.Markdown(comparison, "dsd train") ]

    [<Property>]
    [<Trait("Tier", "slow")>]
    member _.``charts and reports are functions of the record: one that was read back gives the same``(run: Run) =
        use folder = new TempFolder()
        let path = folder["events.jsonl"]
        File.WriteAllLines(path, [ for e in run.Events -> EventLog.ToLine e ])
        let lines = RunRecord.Fold [ for e in run.Events -> EventLog.FromLine(EventLog.ToLine e) ]
        let expected = told run.Record
        Assert.Equal<string list>(expected, told lines)
        Assert.Equal<string list>(expected, told (RunRecord.Load path))

    [<Trait("Tier", "slow")>]
    [<Property(MaxTest = 6)>]
    member _.``a run that was killed at any moment has its charts``(run: Run) =
        for length in 0 .. run.Events.Length do
            let record = RunRecord.Fold(List.truncate length run.Events)
            let comparison = Run.alone record

            for draw in Run.pictures record comparison do
                Assert.NotEmpty(draw().Json)

            Assert.NotEmpty(Report.Markdown(comparison, null))
            Display.Html record |> ignore
            Display.Html comparison |> ignore

    [<Property(MaxTest = 100)>]
    member _.``a damaged record that can be read has its charts``(place: uint, value: byte) =
        use folder = new TempFolder()
        let path = folder["events.jsonl"]
        let schedule = Schedule.Dsd(Duration.Steps 4L, Duration.Steps 4L, Duration.Steps 4L, 0.5, 0.1)
        let lines = [ for e in (Run.lenet "dsd" schedule).Events -> EventLog.ToLine e + "\n" ]
        let bytes = Text.Encoding.UTF8.GetBytes(String.concat "" lines)
        bytes[int (place % uint bytes.Length)] <- (if value < 128uy then byte '0' + value % 10uy else value)
        File.WriteAllBytes(path, bytes)

        match
            (try
                Some(RunRecord.Load path)
             with :? DsdException ->
                 None)
        with
        | None -> ()
        | Some record ->
            for draw in Run.pictures record (Run.alone record) do
                Assert.NotEmpty(draw().Json)

            Assert.NotEmpty(Report.Markdown(Run.alone record, null))

    [<Trait("Tier", "slow")>]
    [<Property>]
    member _.``arms that came differently far are compared``(runs: Run list) =
        let comparison = together (List.truncate 4 runs)

        for draw in Run.pictures RunRecord.Empty comparison do
            Assert.Empty(faults (draw ()))

        Assert.NotEmpty(Report.Html(comparison, null))
        Assert.NotEmpty(Report.Markdown(comparison, null))
        Display.Html comparison |> ignore

    [<Trait("Tier", "slow")>]
    [<Property>]
    member _.``every axis that is seen has a title or names, every trace of the legend a name, every number a value``
        (run: Run, other: Run)
        =
        for draw in Run.pictures run.Record (together [ run; other ]) do
            let picture = draw ()
            Assert.True((faults picture).IsEmpty, $"{picture.Title}: {faults picture}\n{picture.Json}")

    [<Property(Arbitrary = [| typeof<Generators> |])>]
    member _.``any schedule has its timeline, also one that fits no network``(schedule: Schedule) =
        Assert.Empty(faults (Draw.Timeline schedule))

    [<Property(Arbitrary = [| typeof<Generators> |])>]
    member _.``any plan has its charts``(case: PlanCase) =
        Assert.Empty(faults (Draw.Timeline(case.Resolve())))
        Assert.Empty(faults (Draw.Layers(case.Resolve())))

    [<Fact>]
    member _.``the empty record and a comparison of nothing have their charts``() =
        for comparison in [ Comparison ValueList<RunRecord>.Empty; Run.alone RunRecord.Empty ] do
            for draw in Run.pictures RunRecord.Empty comparison do
                Assert.Empty(faults (draw ()))

            Assert.Contains("A run that has not started", Report.Html(comparison, null))
            Assert.Contains("A run that has not started", Report.Markdown(comparison, ""))

    [<Fact>]
    member _.``a schedule of very many rounds has its charts``() =
        let record = (Run.lenet "dsd" (Run.dsd.Repeat 31)).Record
        let comparison = Run.alone record

        for picture in
            [ Draw.Timeline((nonNull record.Start).Plan())
              Draw.Layers((nonNull record.Start).Plan())
              Draw.LearningCurves record
              Draw.Sparsity record
              Draw.MaskChanges record
              Draw.WeightsOfAllLayers record
              Draw.Arms comparison ] do
            Assert.Empty(faults picture)

    [<Fact>]
    member _.``mask changes name the updates that are not recorded``() =
        let record = (Run.lenet "dsd" Run.dsd).Record

        let sparsely (masks: TrainingEvent.MaskComputed) =
            TrainingEvent.MaskComputed(masks.Phase, masks.Step, masks.Layers, 41L) :> TrainingEvent

        let applied (events: RunRecord) =
            RunRecord.Fold
                [ nonNull events.Start :> TrainingEvent
                  for phase in events.Phases do
                      phase.Start
                      yield! Seq.map sparsely phase.Masks ]

        Assert.DoesNotContain("not recorded", (Draw.MaskChanges record).Json)
        Assert.Contains("after 41 updates that are not recorded", (Draw.MaskChanges(applied record)).Json)

    [<Fact>]
    member _.``panels of weights share one vertical axis with a title``() =
        let layout = (parsed (Draw.Weights(Run.sound.Runs[0], "fc1.weight"))).GetProperty "layout"
        Assert.Equal("weights per unit", text (layout.GetProperty "yaxis") "title")

        Assert.Equal(
            5,
            [ for p in layout.EnumerateObject() do
                  if p.Name.StartsWith "yaxis" then
                      p ]
                .Length
        )

    [<Fact>]
    member _.``curves hold what the record says``() =
        let run = Run.sound.Runs[0]
        let traces = [ for t in (parsed (Draw.LearningCurves run)).GetProperty("data").EnumerateArray() -> t ]
        let numbers (t: JsonElement) (name: string) = [ for v in t.GetProperty(name).EnumerateArray() -> v.GetDouble() ]

        let losses =
            [ for p in run.Phases do
                  for s in p.Samples do
                      s.Loss ]

        let measured =
            [ for p in run.Phases do
                  for e in p.Evaluations do
                      e.Value("accuracy").Value ]

        Assert.Equal<float list>(losses, numbers traces[0] "y")
        Assert.Equal<float list>(measured, numbers traces[2] "y")
        Assert.Equal(40.0 * 2.0 / 40.0, (numbers traces[2] "x").Head)

    [<Fact>]
    member _.``every colour has a contrast of three or more, on white and on dark``() =
        let linear (part: string) =
            let c = float (Convert.ToInt32(part, 16)) / 255.0
            if c <= 0.04045 then c / 12.92 else ((c + 0.055) / 1.055) ** 2.4

        let luminance (colour: string) =
            0.2126 * linear colour[1..2] + 0.7152 * linear colour[3..4] + 0.0722 * linear colour[5..6]

        let contrast a b =
            let low, high = min (luminance a) (luminance b), max (luminance a) (luminance b)
            (high + 0.05) / (low + 0.05)

        Assert.Equal(21.0, contrast "#ffffff" "#000000", 6)

        for colour in Style.palette do
            for page in [ "#ffffff"; "#1e1e1e" ] do
                Assert.True(contrast colour page >= 3.0, $"{colour} on {page}: {contrast colour page}")

        Assert.Equal(Style.palette.Length, (Array.distinct Style.palette).Length)

    [<Theory>]
    [<InlineData(0, "…")>]
    [<InlineData(1, "…")>]
    [<InlineData(4, "a&lt;b…")>]
    [<InlineData(10, "a&lt;b&gt;&amp;c")>]
    member _.``labels are cut to a length and escaped``(longest: int, expected: string) =
        Assert.Equal(expected, Style.label longest "a<b>&c")

    [<Fact>]
    member _.``a picture is saved into folders that do not exist yet, over a file that does``() =
        use folder = new TempFolder()
        let path = folder["new", "deep", "picture.html"]
        let picture = Draw.Timeline Run.dsd
        Assert.Equal(path, picture.Save path)
        Assert.Equal(path, picture.Save path)
        Assert.Equal<string>([| "new"; "new/deep"; "new/deep/picture.html" |], folder.Entries())
        Assert.Contains(picture.Json, File.ReadAllText path)
