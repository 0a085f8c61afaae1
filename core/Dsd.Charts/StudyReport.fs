namespace Dsd.Charts

open System.Net
open System.Text
open Dsd
open Dsd.Studies

/// <summary>A study as one page or as Markdown: the question, the design, what came out with statistics, failures, cost, and how to run it again.</summary>
[<AbstractClass; Sealed>]
type StudyReport =

    static let title (results: StudyResults) = $"Study {results.Plan.Study.Name}"

    static let design (results: StudyResults) =
        let study = results.Plan.Study
        let table = TextTable("design", "value")
        table.Row("trained on and with", study.Setting.ToString())
        table.Row("arms", study.Arms |> Seq.map _.Name |> String.concat ", ")
        table.Row("variants", study.Variants |> Seq.map _.Name |> String.concat "; ")
        table.Row("seeds", Style.whole study.Seeds.Count)
        table.Row("trials", $"{Style.whole (Seq.length results.Trials)} done of {Style.whole (Seq.length results.Plan.Trials)}")
        table.Row("threads of a trial", string study.Threads)
        table.Row("compute", System.TimeSpan.FromSeconds(results.ComputeSeconds).ToString(@"d\.hh\:mm\:ss"))
        table

    static let failures (results: StudyResults) =
        let table = TextTable("failed trial", "why")

        for failed in results.Failures do
            let why =
                match failed.Record.End with
                | null -> ""
                | finish ->
                    match finish.Message with
                    | null -> ""
                    | message -> message

            table.Row(failed.Trial.Name, why)

        table

    static let again = "Save the study above as study.json."

    static let command = "dsd study run study.json"

    static let element tag (words: string) = $"<{tag}>{WebUtility.HtmlEncode words}</{tag}>"

    /// <summary>The report as a page that needs no network: text, tables and charts, with plotly.js in it once (about 4 MB).</summary>
    /// <param name="results">The results, also of a study that is not over.</param>
    static member Html(results: StudyResults) =
        let study = results.Plan.Study

        Page.text
            (title results)
            [ element "h1" (title results)
              element "p" study.Question
              Report.Part(
                  "Result",
                  String.concat " " (StudyTables.Explain results),
                  [ Report.Table(StudyTables.Arms results)
                    Report.Table(StudyTables.Contrasts results)
                    for reading in StudyTables.Readings results do
                        element "p" reading ]
              )
              if not (Seq.isEmpty results.Failures) then
                  Report.Part("Failures", "", [ Report.Table(failures results) ])
              Report.Part("Design", "", [ Report.Table(design results); Report.Table(results.Plan.Table()) ])
              Report.Part("Run it again", again, [ element "pre" command; element "pre" (study.ToJson()) ]) ]

    /// <summary>The report as Markdown, for a paper's appendix or a repository: the same tables, without charts.</summary>
    /// <param name="results">The results, also of a study that is not over.</param>
    static member Markdown(results: StudyResults) =
        let text = StringBuilder()
        let add (part: string) = text.Append(part.TrimEnd('\n')).Append("\n\n") |> ignore
        add $"# {title results}"
        add (results.Describe())
        add $"## Design\n\n{design results}\n{results.Plan.Table()}"
        add $"## Run it again\n\n{again}\n\n```bash\n{command}\n```\n\n```json\n{results.Plan.Study.ToJson()}\n```"
        text.ToString().TrimEnd() + "\n"
