namespace Dsd.Charts.Tests

open System
open System.Text.Json
open System.Text.RegularExpressions
open AngleSharp.Dom
open Dsd
open Dsd.Charts
open Dsd.Schedules
open Dsd.Studies
open Markdig
open Xunit
open Dsd.Charts.Tests.Faults

/// Pictures and reports of studies.
[<Trait("Tier", "slow")>]
type StudyTests() =

    let pictures (results: StudyResults) =
        [ Draw.PairedDifferences results; Draw.Effects results; Draw.StudyCurves results ]

    let traces (picture: Picture) = [ for t in (parsed picture).GetProperty("data").EnumerateArray() -> t ]

    let named (name: string) (picture: Picture) =
        traces picture |> List.filter (fun t -> (text t "name").StartsWith name)

    let numbers (t: JsonElement) (name: string) = [ for v in t.GetProperty(name).EnumerateArray() -> v.GetDouble() ]

    let notes (picture: Picture) =
        [ for a in ((parsed picture).GetProperty "layout").GetProperty("annotations").EnumerateArray() -> text a "text" ]

    let axis (picture: Picture) (name: string) = ((parsed picture).GetProperty "layout").GetProperty name

    /// The page and the notebook's piece without ids, which are drawn at random, and the Markdown.
    let told (results: StudyResults) =
        let page = StudyReport.Html results

        [ Regex.Replace(page.Substring(page.IndexOf "<body>"), "dsd-[0-9a-f]{32}", "id")
          StudyReport.Markdown results ]

    let failing (why: string) (trial: Trial) : string | null =
        if trial.Seed = 2L && trial.Treatment.Name.StartsWith "control" then
            why
        else
            null

    static member Cases() : TheoryData<string> =
        TheoryData<string>(
            [ "sound"
              "one seed"
              "one arm"
              "empty"
              "failures"
              "all failed"
              "alike"
              "wild"
              "wild bits"
              "lower"
              "many" ]
        )

    member private _.Case(name: string) =
        match name with
        | "sound" -> Trials.sound (Trials.one 4)
        | "one seed" -> Trials.sound (Trials.sweep 3 1)
        | "one arm" ->
            let study = Trials.one 3
            Trials.sound (Study("alone", study.Config, study.Variants, [ StudyArm.Dsd ], study.Seeds))
        | "empty" -> Trials.empty (Trials.sweep 3 4)
        | "failures" -> Trials.results (Trials.sweep 5 4) "accuracy" Trials.ordinary (failing "no memory")
        | "all failed" -> Trials.results (Trials.one 2) "accuracy" Trials.ordinary (fun _ -> "no memory")
        | "alike" -> Trials.results (Trials.sweep 3 4) "accuracy" (fun _ -> 0.5) (fun _ -> null)
        | "wild"
        | "wild bits" ->
            let values = [| nan; 1e308; -1e308; infinity; 0.0; 1e-320 |]
            let value (trial: Trial) = values[(int trial.Seed + trial.Treatment.Name.Length) % values.Length]
            let metric = if name = "wild" then "accuracy" else "bits"
            Trials.results (Trials.sweep 3 6) metric value (fun _ -> null)
        | "lower" -> Trials.results (Trials.sweep 6 3) "bits" Trials.ordinary (fun _ -> null)
        | _ -> Trials.sound (Trials.sweep 20 2)

    [<Theory>]
    [<MemberData(nameof StudyTests.Cases)>]
    member this.``any study has its pictures, its report and its piece of a notebook, the same each time``
        (name: string)
        =
        let results = this.Case name

        for picture in pictures results do
            Assert.True((faults picture).IsEmpty, $"{picture.Title}: {faults picture}\n{picture.Json}")

        Assert.Equal<string list>(
            [ for p in pictures results -> p.Json ],
            [ for p in pictures (this.Case name) -> p.Json ]
        )

        Assert.Equal<string list>(told results, told (this.Case name))
        Assert.Empty(strange (StudyReport.Html results))
        Assert.NotNull(Display.Html results)

    [<Fact>]
    member _.``each seed has a dot and each difference a mean with half its interval, in points``() =
        let results = Trials.sound (Trials.one 4)
        let picture = Draw.PairedDifferences results
        let dots = (named "one seed" picture).Head
        let means = (named "mean, 95 % interval" picture).Head

        let expected =
            [ for c in results.Contrasts do
                  for struct (_, first, other) in c.Pairs do
                      100.0 * (first - other) ]

        Assert.Equal<float list>(expected, numbers dots "x")

        for i, (contrast, mean) in List.indexed (List.zip (List.ofSeq results.Contrasts) (numbers means "x")) do
            let difference = nonNull contrast.Difference
            Assert.Equal(100.0 * difference.Differences.Mean, mean)
            let struct (_, high) = difference.Interval.Value
            let half = (numbers (means.GetProperty "error_x") "array")[i]
            Assert.Equal(100.0 * (high - difference.Differences.Mean), half, 9)

        Assert.Equal("difference, points on test", text (axis picture "xaxis") "title")
        Assert.Equal(3, count (axis picture "yaxis") "ticktext")

    [<Fact>]
    member _.``one seed has a mean without an interval``() =
        let picture = Draw.PairedDifferences(Trials.sound (Trials.one 1))
        Assert.Empty(named "mean, 95" picture)
        Assert.Single(named "mean" picture) |> ignore

    [<Theory>]
    [<InlineData("accuracy", "← dsd worse", "dsd better →", "above the line: dsd better")>]
    [<InlineData("bits per byte", "← dsd better", "dsd worse →", "below the line: dsd better")>]
    member _.``the better side is named, also where less is better``
        (metric: string, left: string, right: string, upright: string)
        =
        let results = Trials.results (Trials.sweep 3 3) metric Trials.ordinary (fun _ -> null)
        let paired = notes (Draw.PairedDifferences results)
        Assert.Contains(left, paired)
        Assert.Contains(right, paired)
        Assert.Contains(notes (Draw.Effects results), fun n -> n.StartsWith upright)
        let unit = if metric = "accuracy" then "points" else metric
        Assert.Equal($"difference, {unit} on validation", text (axis (Draw.PairedDifferences results) "xaxis") "title")

    [<Fact>]
    member _.``many groups have a row each and one for each name, and what reaches too far is written``() =
        let value (trial: Trial) =
            Trials.ordinary trial
            - (if trial.Treatment.Name.StartsWith "random-mask-sparsity-0.9" then 0.7 else 0.0)

        let results = Trials.results (Trials.sweep 20 3) "accuracy" value (fun _ -> null)
        let picture = Draw.PairedDifferences results
        Assert.Equal(40, count (axis picture "yaxis") "ticktext")
        Assert.InRange(picture.Height, 24 * 60, 150 + 24 * 60)
        Assert.Contains(notes picture, fun n -> n = "<b>sparsity 0.047619047619047616</b>")
        Assert.Contains(notes picture, fun n -> Regex.IsMatch(n, @"^\+[67][0-9]\.[0-9]{2} →$"))
        let range = numbers (axis picture "xaxis") "range"
        Assert.True(range[1] < 10.0, $"{range}")

    [<Fact>]
    member _.``variants whose names end in numbers lie at these numbers``() =
        let picture = Draw.Effects(Trials.sound (Trials.sweep 4 3))
        Assert.Equal<float list>([ 0.2; 0.4; 0.6; 0.8 ], numbers (axis picture "xaxis") "tickvals")
        Assert.Equal("sparsity", text (axis picture "xaxis2") "title")

    [<Theory>]
    [<InlineData("a 1|a 2|a 4", true)>]
    [<InlineData("a 0.1|a 1e-3", true)>]
    [<InlineData("1|2", true)>]
    [<InlineData("a 1|b 2", false)>]
    [<InlineData("a 1|a 1.0", false)>]
    [<InlineData("a 1|a", false)>]
    [<InlineData("a 1e999|a 1", false)>]
    member _.``names are numbers where all have the same words and different numbers``(names: string, expected: bool) =
        Assert.Equal(expected, (Effects.numbers (List.ofArray (names.Split '|'))).IsSome)

    [<Fact>]
    member _.``curves are means over seeds of the selected treatment``() =
        let results = Trials.sound (Trials.one 4)
        let curve = (named "dsd" (Draw.StudyCurves results)).Head
        Assert.Equal<float list>([ 2.0; 3.0; 4.0 ], numbers curve "x")
        let mean = List.average [ for s in 1L .. 4L -> 0.803 + 0.0001 * float (s * 7L * 3L % 5L) ]

        for y in numbers curve "y" do
            Assert.Equal(mean, y, 9)

    [<Fact>]
    member _.``of many groups the first four have curves, and the picture says so``() =
        Assert.Equal(
            "Learning curves of the first 4 of 6 groups",
            (Draw.StudyCurves(Trials.sound (Trials.sweep 6 2))).Title
        )

        Assert.Equal("Learning curves", (Draw.StudyCurves(Trials.sound (Trials.sweep 4 2))).Title)

    [<Fact>]
    member _.``one difference in each of many groups is called after its group``() =
        let study = Trials.sweep 4 3

        let two =
            Study("two", study.Config, study.Variants, [ StudyArm.Dsd; StudyArm.Control ], study.Seeds, study.Judgement)

        let picture = Draw.PairedDifferences(Trials.sound two)
        Assert.Equal("dsd − control, points on validation", text (axis picture "xaxis") "title")

        Assert.Equal<string seq>(
            [ "sparsity 0.2"; "sparsity 0.4"; "sparsity 0.6"; "sparsity 0.8" ],
            strings ((axis picture "yaxis").GetProperty "ticktext")
        )
