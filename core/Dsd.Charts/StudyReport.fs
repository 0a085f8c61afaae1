namespace Dsd.Charts

open System
open System.Collections.Generic
open System.Globalization
open System.Text
open Dsd
open Dsd.Records
open Dsd.Studies
open Dsd.Charts.Parts
open Dsd.Execution
open Dsd.Plans

/// <summary>The report of a study: question, results with statistics, failures, selections, design, cost, and the command to run it again.</summary>
[<AbstractClass; Sealed>]
type StudyReport =

    static let title (results: StudyResults) = $"Study {results.Plan.Study.Name}"

    static let judgement (study: Study) =
        match study.Judgement with
        | Judgement.Selected -> "each arm's best on validation, then on test"
        | Judgement.EveryVariant -> "every variant, on test"
        | _ -> "validation only; the test split stays unread"

    static let design (results: StudyResults) =
        let study = results.Plan.Study
        let table = TextTable("design", "value")
        table.Row("network and data", study.Config.ToString())
        table.Row("arms", study.Arms |> Seq.map _.Name |> String.concat ", ")
        table.Row("judged", judgement study)

        if study.Gates <> StudyGates.None then
            table.Row("gates", string study.Gates)

        if study.TestAfter.Count > 0 then
            table.Row("test split read after", String.concat ", " (Seq.append study.TestAfter [ "the end" ]))

        table.Row("seeds", Style.whole study.Seeds.Count)
        table.Row("trials", Style.whole (Seq.length results.Plan.Trials))
        table.Row("steps, shared phases once", Style.whole results.Plan.Steps)
        table

    /// The distinct texts that trials report, in the order of first occurrence.
    static let said
        (results: StudyResults)
        (what: Dsd.Records.TrainingEvent.RunStarted -> Dsd.Records.RunRecord -> string)
        =
        [ for start, run in Style.begun [ for r in results.Trials -> r.Record ] -> what start run ]
        |> List.filter (fun text -> text <> "")
        |> List.distinct
        |> String.concat "; "

    static let compute (results: StudyResults) =
        let table = TextTable("compute", "value")
        let time = TimeSpan.FromSeconds results.ComputeSeconds
        let hours = Math.Floor(time.TotalHours).ToString("#,0", CultureInfo.InvariantCulture)
        let rest = time.ToString(@"mm\:ss", CultureInfo.InvariantCulture)
        table.Row("trials done", Style.whole (Seq.length results.Trials))
        table.Row("total time, shared phases once", $"{hours}:{rest} h")
        table.Row("threads of a trial", string results.Plan.Study.Threads)

        if not (Seq.isEmpty results.Trials) then
            table.Row("Dsd", said results (fun start _ -> start.Version))
            table.Row("device", said results (fun start _ -> Style.device start))
            table.Row("computed in", said results (fun _ run -> run.Computation))

            match said results (fun start _ -> if isNull start.Runtime then "" else string start.Runtime) with
            | "" -> ()
            | changes -> table.Row("process", changes)

            table.Row("platform", said results (fun start _ -> start.Platform))

        table

    /// True if differences over the groups show more than the rows of all differences.
    static let isSweep (results: StudyResults) =
        let arms, groups = results.Plan.Study.Arms.Count, List.ofSeq results.Plan.Groups
        groups.Length > 1 && (arms > 2 || arms = 2 && (Effects.numbers groups).IsSome)

    static let again =
        $"Save the study below as study.json. {checkout} With the same folder it resumes where it stopped; on the same device and platform a trial gives the same bits."

    static let command = "dsd study run study.json --out runs/study"

    static let columns =
        "p (t): paired t-test; p (signs): sign-flip permutation test; p (Holm): the first, corrected for all differences of the study; d_z: mean in standard deviations; detectable: the difference that this number of pairs detects with 80 % power; no more than: the bound that two one-sided tests at 5 % establish. A dash: fewer than six pairs, too few for a verdict, or differences that are all equal."

    /// The sections of a report: headings, introductions, tables.
    static let numbers (results: StudyResults) : (string * string * TextTable list) list =
        [ "Numbers",
          (if results.Contrasts.Count > 0 then columns else ""),
          [ results.ArmTable()
            if results.Contrasts.Count > 0 then
                results.ContrastTable() ]
          if results.Gates.Count > 0 then
              "Gates",
              "The conditions under which this study can answer its question, declared beforehand. A group that misses one is not testable here, and no verdict is given on it.",
              [ results.GateTable() ]
          if not (Seq.isEmpty results.Failures) then
              "Failures",
              "Failed trials are part of no mean; their seeds are excluded from the differences.",
              [ results.FailureTable() ]
          if results.DataProblems.Count > 0 then
              "Data", Report.OfData results.DataProblems, [ DataProblem.Table results.DataProblems ]
          if results.Arms |> Seq.exists (fun a -> a.Candidates.Count > 1) then
              "Selection",
              "For each arm, the candidate with the best mean on validation was selected; candidates without failures come first."
              + (match results.Plan.Study.Rates with
                 | null -> ""
                 | rates when rates.ChosenByControl ->
                     " Rates were chosen by the control alone: arms whose rates follow the schedule have the factor that is best for it."
                 | _ -> ""),
              [ results.SelectionTable() ]
          "Design", "", [ design results; results.Plan.Study.Table(); results.Plan.Table() ]
          "Compute", "", [ compute results ] ]

    /// <summary>Creates the report as a page that works offline: text, tables and charts, with plotly.js in it once (about 4 MB).</summary>
    /// <param name="results">The results, complete or not.</param>
    static member Html(results: StudyResults) =
        Page.text (StudyReport.Title results) (StudyReport.Sections(results, _.Fragment(0)))

    /// The name of the study.
    static member internal Title(results: StudyResults) = title results

    /// The report as HTML fragments, with its pictures as a function gives them.
    static member internal Sections(results: StudyResults, draw: Picture -> string) =
        let study = results.Plan.Study

        [ element "h1" (title results)

          if study.Question <> "" then
              element "p" study.Question

          part (
              "Result",
              String.concat " " (results.Explain()),
              [ if results.Contrasts.Count > 0 then
                    list (results.Readings())

                    if not (Seq.isEmpty results.Trials) then
                        draw (Draw.PairedDifferences results) ]
          )

          if isSweep results && not (Seq.isEmpty results.Trials) then
              part (
                  "Effects",
                  "The same differences over the variants: one dot per seed, mean and 95 % interval over seeds.",
                  [ draw (Draw.Effects results) ]
              )

          if not (Seq.isEmpty results.Trials) then
              part (
                  "Learning curves",
                  "Means over seeds of the selected variants; bands are ± one standard error. Shaded phases hold a mask. The scale covers all but the first quarter.",
                  [ let picture = Draw.StudyCurves results

                    if results.Plan.Groups.Count > 4 then
                        about $"{picture.Title}."

                    draw picture ]
              )

          for heading, words, tables in numbers results do
              part (heading, words, (List.map table tables))

          part ("Run it again", again, [ element "pre" command; element "pre" (study.ToJson()) ]) ]

    /// <summary>Lists the charts of the report, in its order, to save them with <c>Picture.SaveAll</c>.</summary>
    /// <param name="results">The results, complete or not.</param>
    static member Pictures(results: StudyResults) : IReadOnlyList<Picture> =
        Picture.Drawn(fun draw -> StudyReport.Sections(results, draw))

    /// <summary>Creates the report as Markdown, for a paper's appendix or a repository: the same tables, without charts.</summary>
    /// <param name="results">The results, complete or not.</param>
    static member Markdown(results: StudyResults) =
        let text = StringBuilder()
        let add (part: string) = text.Append(part.TrimEnd('\n')).Append("\n\n") |> ignore
        let escape = TextTable.Escape
        add $"# {title results}"

        if results.Plan.Study.Question <> "" then
            add (escape results.Plan.Study.Question)

        add "## Result"
        add (String.concat " " (results.Explain()) |> escape)

        if results.Contrasts.Count > 0 then
            add (String.concat "\n" [ for s in results.Readings() -> $"- {escape s}" ])

        for heading, words, tables in numbers results do
            add $"## {heading}"

            if words <> "" then
                add words

            for table in tables do
                add (string table)

        add $"## Run it again\n\n{again}"
        add (fence "bash" command)
        add (fence "json" (results.Plan.Study.ToJson()))
        text.ToString().TrimEnd() + "\n"
