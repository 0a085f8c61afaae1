namespace Dsd.Charts

open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies
open Dsd.Charts.Parts

/// <summary>The notebook display of values; the core looks it up by name when there is something to show.</summary>
[<AbstractClass; Sealed>]
type Display =

    static let paragraph words = element "p" words

    static let listed (words: string) (issues: PlanIssue seq) = paragraph words + list (issues |> Seq.map string)

    static let ofData (problems: DataProblem seq) = list (problems |> Seq.map (fun p -> $"{p}."))

    /// The largest weight tensor that a run prunes, if any.
    static let largestPruned (run: RunRecord) =
        Style.prunedLayers run |> List.sortByDescending _.Weights |> List.tryHead

    /// <summary>Renders a value of the library as an HTML fragment; null if its type has no display.</summary>
    /// <param name="value">
    /// A schedule (its timeline), a plan (its tables), a run (its dashboard), a comparison (its table and charts), a plan
    /// exception (its issues), a study or its plan (their tables), a study's results (their tables and differences) or a chart (itself).
    /// </param>
    static member Html(value: obj) : string | null =
        match value with
        | :? Picture as picture -> picture.ToHtml()
        | :? Fragment as fragment -> fragment.Html
        | :? Schedule as schedule -> (Draw.Timeline schedule).ToHtml()
        | :? Plan as plan -> String.concat "\n" (Report.PlanTables plan)
        | :? Comparison as comparison when comparison.Runs |> Seq.exists (fun r -> r.Phases.Count > 0) ->
            String.concat
                "\n"
                [ paragraph (String.concat " " (comparison.Explain()))
                  table (comparison.Table())
                  match List.ofSeq (comparison.Readings()) with
                  | [] -> ()
                  | readings -> list [ for sentences in readings -> String.concat " " sentences ]
                  if comparison.DataProblems.Count > 0 then
                      ofData comparison.DataProblems
                  (Draw.Arms comparison).ToHtml()
                  (Draw.LearningCurves comparison).ToHtml() ]
        | :? RunRecord as run ->
            match run.Start with
            | null -> null
            | start ->
                String.concat
                    "\n"
                    [ paragraph $"{run.Arm}: {start.Model} on {start.Data}, seed {start.Seed}. {run.Ending()}"
                      table (run.Table())
                      if run.DataProblems.Count > 0 then
                          ofData run.DataProblems
                      (Draw.LearningCurves run).ToHtml()
                      match largestPruned run with
                      | Some layer ->
                          (Draw.Sparsity run).ToHtml()
                          (Draw.Weights(run, layer.Parameter)).ToHtml()
                      | None -> () ]
        | :? Study as study -> paragraph (study.Explain()) + table (study.Table())
        | :? StudyPlan as plan ->
            String.concat
                "\n"
                [ paragraph (plan.Study.Explain())
                  table (plan.Study.Table())
                  paragraph (plan.Explain())
                  table (plan.Table()) ]
        | :? StudyResults as results ->
            String.concat
                "\n"
                [ paragraph (String.concat " " (results.Explain()))
                  table (results.ArmTable())
                  if results.Contrasts.Count > 0 then
                      table (results.ContrastTable())
                      (Draw.PairedDifferences results).ToHtml()
                  if results.DataProblems.Count > 0 then
                      ofData results.DataProblems ]
        | :? PlanException as refused -> listed $"{refused.Problem}:" refused.Issues
        | _ -> null
