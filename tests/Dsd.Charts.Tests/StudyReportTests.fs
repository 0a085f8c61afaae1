namespace Dsd.Charts.Tests

open System
open System.Text.RegularExpressions
open AngleSharp.Dom
open Dsd
open Dsd.Charts
open Dsd.Studies
open Markdig
open Xunit
open Dsd.Charts.Tests.Faults
open Dsd.Runs

/// Reports of studies: what they say, and that names in them are text.
[<Trait("Tier", "slow")>]
type StudyReportTests() =

    let failing (why: string) (trial: Trial) : string | null =
        if trial.Seed = 2L && trial.Treatment.Name.StartsWith "control" then
            why
        else
            null

    let hostile (name: string) =
        let setting = TrainingConfig(name, name)

        let variants =
            [ for i in 1..2 ->
                  let own = String.Concat(name |> Seq.filter (fun c -> not (Char.IsControl c)) |> Seq.truncate 50)
                  StudyVariant($"{own} {i}", Trials.schedule 0.5, (if i = 1 then null else setting.WithBatch 8)) ]

        let study =
            Study(
                "hostile",
                setting,
                variants,
                [ StudyArm.Dsd; StudyArm.Control; StudyArm.Plain ],
                [ 1L; 2L; 3L ],
                Judgement.EveryVariant,
                name
            )

        Trials.results study name Trials.ordinary (failing name)

    static member Names() : TheoryData<string> = HostileTests.Names()

    [<Fact>]
    member _.``a report says first what came out, then how``() =
        let results = Trials.results (Trials.one 4) "accuracy" Trials.ordinary (failing "no memory")
        let page = html (StudyReport.Html results)
        let headings = [ for h in page.QuerySelectorAll "h2" -> h.TextContent ]

        Assert.Equal<string list>(
            [ "Result"
              "Learning curves"
              "Numbers"
              "Failures"
              "Selection"
              "Design"
              "Compute"
              "Run it again" ],
            headings
        )

        Assert.Contains("no memory", cells page)
        Assert.Contains("plain-x4", cells page)
        Assert.Equal(4, (page.QuerySelectorAll "li").Length)
        let markdown = StudyReport.Markdown results

        for heading in headings |> List.except [ "Learning curves" ] do
            Assert.Contains($"## {heading}", markdown)

    [<Fact>]
    member _.``of many differences a report says a sentence for each arm that is taken off``() =
        let value (trial: Trial) =
            Trials.ordinary trial
            + (if trial.Treatment.Name.StartsWith "dsd-sparsity-0.8" then 0.1 else 0.0)
            + (if trial.Treatment.Name.StartsWith "dsd" then
                   0.001 * float (trial.Seed % 3L - 1L)
               else
                   0.0)

        let results = Trials.results (Trials.sweep 9 6) "accuracy" value (fun _ -> null)
        let page = html (StudyReport.Html results)
        let items = [ for e in page.QuerySelectorAll "li" -> e.TextContent ]
        Assert.Equal(2, items.Length)
        Assert.StartsWith("dsd − control, after correction: dsd is better in ", items[0])
        Assert.Contains("points of accuracy (sparsity 0.8)", items[0])
        Assert.Contains("Effects", [ for h in page.QuerySelectorAll "h2" -> h.TextContent ])

    [<Theory>]
    [<MemberData(nameof StudyReportTests.Names)>]
    member _.``a report of a study has the elements of any, and the names as they are``(name: string) =
        let results = hostile name
        let page = StudyReport.Html results
        Assert.Empty(strange page)
        Assert.Equal<string list>(skeleton (StudyReport.Html(hostile "plain")), skeleton page)
        let document = html page
        Assert.Contains(lines (name.Trim()), [ for p in document.QuerySelectorAll "p" -> lines p.TextContent ])
        Assert.Contains(lines name, cells document)
        let own = Regex "</?(b|br)/?>"

        for picture in [ Draw.PairedDifferences results; Draw.Effects results; Draw.StudyCurves results ] do
            Assert.Empty(faults picture)

            for word in strings (parsed picture) do
                Assert.DoesNotContain("<", own.Replace(word, ""))

    [<Theory>]
    [<MemberData(nameof StudyReportTests.Names)>]
    member _.``a Markdown report of a study has the elements of any, and the names as they are``(name: string) =
        let pipeline = MarkdownPipelineBuilder().UsePipeTables().Build()
        let rendered name = html (Markdown.ToHtml(StudyReport.Markdown(hostile name), pipeline))
        let document = rendered name
        let tags (d: IDocument) = [ for e in d.All -> e.LocalName ]
        Assert.Equal<string list>(tags (rendered "plain"), tags document)
        Assert.Empty(document.QuerySelectorAll "a, img, script, em, strong")
        Assert.Contains(name.ReplaceLineEndings " ", cells document)
