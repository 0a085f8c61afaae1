/// The charts of kept and masked weights by layer, of a plan and of a run.
module internal Dsd.Charts.Layers

open Plotly.NET
open Dsd.Plans
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Schedules

/// Creates a vertical axis of names, the first at the top.
let private rows width (names: string list) =
    let count = float names.Length

    { Rows.axis width (names |> List.mapi (fun i n -> float i, n)) with
        Range = Some(count - 0.5, -0.5) }

/// Draws one column of bars for each distinct sparse phase.
let ofPlan (plan: Plan) =
    let distinct =
        plan.Phases
        |> Seq.filter (fun p -> not p.IsDense)
        |> Seq.distinctBy (fun p ->
            p.Layers
            |> Seq.map (fun l -> p.KeptAt(l, p.Updates - 1L), p.LeastKeptAt(l, p.Updates - 1L), l.IsGlobal)
            |> Seq.toList)
        |> Seq.truncate 4
        |> Seq.toList

    let shown = if distinct.IsEmpty then [ plan.Phases[0] ] else distinct
    let names = [ for l in shown.Head.Layers -> l.Parameter ]

    // What a layer keeps in any case is all that is known of a threshold.
    let least, most =
        if shown |> List.exists (fun p -> p.Layers |> Seq.exists _.IsOpen) then
            "kept at least", "pruned at most"
        else
            "kept", "pruned"

    let traces =
        [ for column, phase in List.indexed shown do
              let last = max 0L (phase.Updates - 1L)
              let pooled = phase.Layers |> Seq.filter _.IsGlobal |> Seq.sumBy _.Weights

              let share (l: PlannedLayer) =
                  match Option.ofNullable (phase.KeptAt(l, last)) with
                  | Some kept -> float kept / float (max 1L l.Weights)
                  // By a threshold or masks that the plan has not seen, a layer keeps at least its part.
                  | None when l.IsOpen -> float (phase.LeastKeptAt(l, last)) / float (max 1L l.Weights)
                  // Of globally ranked layers only the common fraction is known before training.
                  | None -> float (phase.GlobalKeptAt last) / float (max 1L pooled)

              let told (l: PlannedLayer) =
                  match Option.ofNullable (phase.KeptAt(l, last)) with
                  | Some kept when kept = l.Weights -> $"all {whole kept}"
                  | Some kept -> $"{whole kept} of {whole l.Weights}"
                  | None when l.IsOpen -> $"at least {whole (phase.LeastKeptAt(l, last))} of {whole l.Weights}"
                  | None -> $"about {percent (share l)}: one global ranking over its layers"

              let hover =
                  [ for l in phase.Layers -> $"{label 60 l.Parameter} ({l.Dims})<br>kept: {told l}<br>{label 60 l.Rule}" ]

              let at = [ for i in 0 .. names.Length - 1 -> float i ]
              let shares = [ for l in phase.Layers -> share l ]
              let h = StyleParam.Orientation.Horizontal
              let name text = if column = 0 then text else ""
              bars h (column + 1, column + 1) (name least) kept 0.7 hover [ for l in phase.Layers -> told l ] at shares
              bars h (column + 1, column + 1) (name most) pruned 0.7 hover [] at [ for s in shares -> 1.0 - s ] ]

    let count = shown.Length
    let each = 30.0 * float names.Length

    let layout width =
        // Side by side, or stacked on narrow pages.
        let stacked = width < Fit.wide && count > 1
        let room = Fit.line + 12.0
        let inside = if stacked then float count * each + float (count - 1) * room else each
        let pixels = inner width [ for _, name in (rows width names).Names -> name ]

        let across column =
            if stacked then
                0.0, 1.0
            else
                let part = 1.0 / float count
                let gap = if count > 1 then 0.025 else 0.0

                (if column = 0 then 0.0 else float column * part + gap),
                (if column = count - 1 then 1.0 else float (column + 1) * part - gap)

        let upright column =
            if stacked then
                let top = float column * (each + room)
                max 0.0 (1.0 - (top + each) / inside), 1.0 - top / inside
            else
                0.0, 1.0

        { frame width inside with
            X =
                [ for column in 0 .. count - 1 ->
                      let isLowest = not stacked || column = count - 1

                      { axis (if isLowest then "weights kept" else "") with
                          Scale = Percent
                          Range = Some(0.0, 1.0)
                          Domain = across column
                          Shown = isLowest
                          Names = [ 0.0, "0%"; 0.5, "50%"; 1.0, "100%" ] },
                      column + 1 ]
            Y =
                [ for column in 0 .. count - 1 ->
                      { rows width names with
                          Shown = (stacked || column = 0)
                          Domain = upright column },
                      column + 1 ]
            Head = 1
            Notes =
                [ for column, phase in List.indexed shown ->
                      let from, until = across column

                      note
                          ((from + until) / 2.0)
                          (snd (upright column))
                          (Fit.cut (0.9 * pixels * (until - from)) phase.Phase.Name)
                          StyleParam.XAnchorPosition.Center ]
            Legend = true }

    if names.IsEmpty then
        nothing "Plan by layer" (Origin.ofPlan plan) "the network has no weight tensor"
    else
        picture "Plan by layer" (Origin.ofPlan plan) layout traces

/// Draws a heat map of layers and phases, coloured by the fraction of weights masked at the end of the phase.
let ofRun (record: RunRecord) =
    let ended = ended record

    let names =
        match ended with
        | [] -> []
        | (_, first) :: _ -> [ for l in first.Layers -> l.Parameter ]

    let cell (l: TrainingEvent.LayerCount) = 1.0 - float l.Kept / float (max 1L l.Weights)

    let z = [ for row in 0 .. names.Length - 1 -> [ for _, finish in ended -> cell finish.Layers[row] ] ]

    let hover =
        [ for row in 0 .. names.Length - 1 ->
              [ for p, finish in ended ->
                    let l = finish.Layers[row]
                    $"{label 60 l.Parameter}, end of {label 30 p.Start.Name}<br>masked: {whole (l.Weights - l.Kept)} of {whole l.Weights}<br>exactly zero: {whole (l.Weights - l.NonZero)}" ] ]

    let heat =
        Trace2D.initHeatmap (
            Trace2DStyle.Heatmap(
                Z = z,
                ZMin = 0.0,
                ZMax = 1.0,
                XGap = 2,
                YGap = 2,
                ColorScale =
                    StyleParam.Colorscale.Custom
                        [ 0.0, Color.fromString "rgba(128,128,128,0.12)"; 1.0, Color.fromString "rgba(31,131,201,1)" ],
                ShowScale = false,
                HoverInfo = StyleParam.HoverInfo.Text
            )
        )

    heat.SetProperty("hovertext", hover)

    // With many phases, only whole numbers fit, or none.
    let write (v: float) =
        if ended.Length <= 4 then
            percent v
        elif ended.Length <= 9 then
            v.ToString("0%", System.Globalization.CultureInfo.InvariantCulture)
        else
            ""

    let cells =
        [ for row, values in List.indexed z do
              for column, v in List.indexed values -> (float column, float row), write v ]

    let words =
        Trace2D.initScatter (
            Trace2DStyle.Scatter(
                Mode = StyleParam.Mode.Text,
                X = [ for (x, _), _ in cells -> x ],
                Y = [ for (_, y), _ in cells -> y ],
                MultiText = [ for _, text in cells -> text ],
                HoverInfo = StyleParam.HoverInfo.Skip,
                ShowLegend = false
            )
        )

    let layout width =
        let vertical = rows width names
        let slot = inner width [ for _, name in vertical.Names -> name ] / float (max 1 ended.Length)

        { frame width (30.0 * float names.Length) with
            X =
                [ { axis "phase" with Grid = false }
                  |> spread slot [ for i, (p, _) in List.indexed ended -> float i, p.Start.Name ],
                  1 ]
            Y = [ vertical, 1 ] }

    let title, subtitle = "Weights masked, by layer and phase", Origin.ofRuns [ record ]

    match ended, names with
    | [], _ -> nothing title subtitle "no phase is complete"
    | _, [] -> nothing title subtitle "the network has no weight tensor"
    | _ -> picture title subtitle layout [ heat; words ]
