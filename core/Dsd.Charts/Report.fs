namespace Dsd.Charts

open System.Collections.Generic
open System.Text
open Dsd
open Dsd.Plans
open Dsd.Records
open Dsd.Charts.Parts
open Dsd.Execution
open Dsd.Schedules

/// <summary>The report of a run or of several arms: results, plan, curves, weights, settings and the command to run it again.</summary>
[<AbstractClass; Sealed>]
type Report =

    static let title (comparison: Comparison) =
        match List.tryHead (Style.begun comparison.Runs) with
        | Some(start, _) -> $"{start.Model} on {start.Data}, seed {start.Seed}"
        | None -> "A run that has not started"

    static let begun (comparison: Comparison) = Style.begun comparison.Runs

    /// The most informative arm about masks: the first with a sparse phase, else the first.
    static let masked (comparison: Comparison) =
        let arms = begun comparison

        arms
        |> List.tryFind (fun (start, _) -> start.Schedule.Phases |> Seq.exists (fun p -> not p.IsDense))
        |> Option.orElse (List.tryHead arms)

    static let plan (start: TrainingEvent.RunStarted) =
        try
            Ok(start.Plan())
        with :? PlanException as e ->
            if e.Issues |> Seq.forall _.IsUnknownMethod then
                Error
                    "Its schedule names custom mask methods, which only the program that trained it has, so its plan cannot be shown."
            else
                Error e.Message

    static let clip (start: TrainingEvent.RunStarted) =
        match Option.ofNullable start.GradientClip with
        | Some norm -> $"gradient norm at most {Style.number norm}"
        | None -> "gradients not clipped"

    static let settings (start: TrainingEvent.RunStarted) =
        let table = TextTable("setting", "value")
        table.Row("network", start.Model)
        table.Row("parameters", Style.whole start.Shape.Count)
        table.Row("data", $"{start.Data}: {start.TaskSettings}")
        table.Row("steps per epoch", Style.whole start.StepsPerEpoch)
        table.Row("optimiser", $"{start.Optimizer}; {clip start}")
        table.Row("seed", string start.Seed)
        table

    static let environment (run: RunRecord) (start: TrainingEvent.RunStarted) =
        let table = TextTable("environment", "value")

        table.Row(
            "started",
            start.Time.ToString("yyyy-MM-dd HH:mm:ss zzz", System.Globalization.CultureInfo.InvariantCulture)
        )

        table.Row("Dsd", start.Version)
        table.Row("device", Style.device start)
        table.Row("computed in", run.Computation)

        if not (isNull start.Runtime) then
            table.Row("process", string start.Runtime)

        table.Row("platform", start.Platform)
        table

    /// The table of weight tensors, with the weights that each completed phase kept.
    static let layers (run: RunRecord) =
        let ended = Style.ended run
        let kept = [ for p, _ in ended -> $">kept, {p.Start.Name}" ]
        let table = TextTable(Array.ofList ([ "layer"; ">weights" ] @ kept @ [ ">zeros at the end" ]))

        if not ended.IsEmpty then
            for row, layer in Seq.indexed (snd ended.Head).Layers do
                let last = (snd (List.last ended)).Layers[row]

                let kept = [ for _, finish in ended -> Style.whole finish.Layers[row].Kept ]

                table.Row(
                    Array.ofList (
                        [ layer.Parameter; Style.whole layer.Weights ]
                        @ kept
                        @ [ Style.whole (last.Weights - last.NonZero) ]
                    )
                )

        table

    static let again = $"{checkout} A schedule passed as a file is the one above."

    /// The tables of a plan as HTML fragments.
    static member internal PlanTables(plan: Plan) =
        [ for struct (heading, rows, note) in plan.Tables() do
              match heading with
              | null -> ()
              | layers -> about $"{layers}:"

              table rows

              match note with
              | null -> ()
              | idle -> about idle ]

    /// How the problems of a table of data affect the measurements: a sentence for each kind.
    static member internal OfData(problems: DataProblem seq) =
        let kinds = set [ for problem in problems -> problem.Kind ]

        [ DataProblemKind.LeftOut, "Examples left out are part of no measurement."
          DataProblemKind.InTwoParts, "Examples in two splits are part of the measurements, which they bias."
          DataProblemKind.Missing, "What is missing from a split is neither trained on nor measured there." ]
        |> List.filter (fun (kind, _) -> kinds.Contains kind)
        |> List.map snd
        |> String.concat " "

    /// <summary>Creates the report as a page that works offline: text, tables and charts, with plotly.js in it once (about 4 MB).</summary>
    /// <param name="comparison">The arms, complete or not.</param>
    /// <param name="command">The command that produced them, to run it again; null or empty if a program did.</param>
    static member Html(comparison: Comparison, command: string | null) =
        Page.text (Report.Title comparison) (Report.Sections(comparison, command, false, _.Fragment(0)))

    /// The name of what was trained.
    static member internal Title(comparison: Comparison) = title comparison

    /// The report as HTML fragments, with its pictures as a function gives them. A record that has no end does not break off while its run is in training.
    static member internal Sections
        (comparison: Comparison, command: string | null, isTraining: bool, draw: Picture -> string)
        =
        [ element "h1" (title comparison)
          for _, run in begun comparison do
              if not (isTraining && isNull run.End) then
                  about $"{run.Arm}: {run.Ending()}"

          if not (Seq.forall (fun (r: RunRecord) -> r.Phases.Count = 0) comparison.Runs) then
              part (
                  "Result",
                  String.concat " " (comparison.Explain()),
                  [ table (comparison.Table())
                    match List.ofSeq (comparison.Readings()) with
                    | [] -> ()
                    | readings -> list [ for sentences in readings -> String.concat " " sentences ]
                    draw (Draw.Arms comparison) ]
              )

              part (
                  "Learning curves",
                  "The training loss is sampled and smoothed; the main metric is measured on the validation split. Shaded phases hold a mask.",
                  [ draw (Draw.LearningCurves comparison) ]
              )

          if comparison.DataProblems.Count > 0 then
              part (
                  "Data",
                  Report.OfData comparison.DataProblems,
                  [ table (DataProblem.Table comparison.DataProblems) ]
              )

          match masked comparison with
          | None -> ()
          | Some(start, run) ->
              match plan start with
              | Error message -> about message
              | Ok plan ->
                  part (
                      $"Plan of {run.Arm}",
                      "The plan as resolved before training.",
                      [ draw (Draw.Timeline plan); draw (Draw.Layers plan); yield! Report.PlanTables plan ]
                  )

              if not (Style.ended run).IsEmpty then
                  part (
                      $"Layers of {run.Arm}",
                      "Measured at the end of each phase.",
                      [ draw (Draw.Sparsity run); table (layers run); draw (Draw.MaskChanges run) ]
                  )

                  let weights = [ for l in Report.Shown run -> Draw.Weights(run, l) ] @ [ Draw.WeightsOfAllLayers run ]

                  part (
                      $"Weights of {run.Arm}",
                      "Pruned layers at the start and end of phases (Figure 2 of the paper), then all layers. High spikes are cut off; exact zeros are counted separately.",
                      [ for picture in weights do
                            element "h3" picture.Title
                            draw picture ]
                  )

              part ("Settings", "", [ table (settings start); table (environment run start) ])

              for arm, _ in begun comparison do
                  part ($"Schedule of {arm.Arm}", "", [ element "pre" (arm.Schedule.ToJson()) ])

          match command with
          | null
          | "" -> ()
          | command -> part ("Run it again", again, [ element "pre" command ]) ]

    /// <summary>Lists the charts of the report, in its order, to save them with <c>Picture.SaveAll</c>.</summary>
    /// <param name="comparison">The arms, complete or not.</param>
    static member Pictures(comparison: Comparison) : IReadOnlyList<Picture> =
        Picture.Drawn(fun draw -> Report.Sections(comparison, null, false, draw))

    /// <summary>Creates a page that works offline of several runs side by side: the settings in which they differ, results, differences, and learning curves over each other (about 4 MB).</summary>
    /// <param name="runs">The runs, complete or not.</param>
    static member Html(runs: RunSet) =
        let names = [ for struct (name, _) in runs.Runs -> name ]
        let title = String.concat ", " names
        let arms = List.ofSeq runs.Arms |> List.groupBy (fun run -> Array.last (run.Arm.Split '/'))

        Page.text
            $"Runs compared: {title}"
            [ element "h1" "Runs compared"

              if runs.Settings().Rows.Count > 0 then
                  part ("Settings that differ", "", [ table (runs.Settings()) ])

              part ("Results", runs.Explain(), [ table (runs.Table()) ])

              if runs.DifferenceTable().Rows.Count > 0 then
                  part ("Differences", runs.ExplainDifferences(), [ table (runs.DifferenceTable()) ])

              for arm, records in arms do
                  part (
                      $"Learning curves of {arm}",
                      "The training loss is sampled and smoothed; the main metric is measured on the validation split. Shaded phases hold a mask.",
                      [ (Draw.LearningCurves(Comparison(ValueList.ToValueList records))).Fragment 0 ]
                  ) ]

    /// The weight tensors with their own histograms: the eight largest of the pruned ones, in the model's order.
    static member private Shown(run: RunRecord) =
        let pruned = Style.prunedLayers run

        let largest =
            pruned |> List.sortByDescending _.Weights |> List.truncate 8 |> List.map _.Parameter |> Set.ofList

        [ for l in pruned do
              if largest.Contains l.Parameter then
                  l.Parameter ]

    /// <summary>Creates the report as Markdown, for a paper's appendix: the same tables, without charts.</summary>
    /// <param name="comparison">The arms, complete or not.</param>
    /// <param name="command">The command that produced them, to run it again; null or empty if a program did.</param>
    static member Markdown(comparison: Comparison, command: string | null) =
        let text = StringBuilder()
        let add (part: string) = text.Append(part.TrimEnd('\n')).Append("\n\n") |> ignore
        let escape = TextTable.Escape

        add $"# {escape (title comparison)}"

        for _, run in begun comparison do
            add (escape $"{run.Arm}: {run.Ending()}")

        if Seq.forall (fun (r: RunRecord) -> r.Phases.Count = 0) comparison.Runs then
            add $"## Result\n\n{comparison.Describe()}"
        else
            // The problems of the data, with which Describe ends, have a section of their own.
            let lines (sentences: string seq) = sentences |> Seq.map escape |> String.concat "\n"

            add $"## Result\n\n{lines (comparison.Explain())}\n\n{comparison.Table()}"

            for sentences in comparison.Readings() do
                add (lines sentences)

        if comparison.DataProblems.Count > 0 then
            add $"## Data\n\n{Report.OfData comparison.DataProblems}\n\n{DataProblem.Table comparison.DataProblems}"

        match masked comparison with
        | None -> ()
        | Some(start, run) ->
            match plan start with
            | Error message -> add (escape message)
            | Ok plan -> add $"## Plan of {escape run.Arm}\n\n{plan.Describe()}"

            if not (Style.ended run).IsEmpty then
                add $"## Layers of {escape run.Arm}\n\n{layers run}"

            add $"## Settings\n\n{settings start}\n{environment run start}"

            for arm, _ in begun comparison do
                add $"## Schedule of {escape arm.Arm}"
                add (fence "json" (arm.Schedule.ToJson()))

        match command with
        | null
        | "" -> ()
        | command ->
            add $"## Run it again\n\n{again}"
            add (fence "bash" command)

        text.ToString().TrimEnd() + "\n"
