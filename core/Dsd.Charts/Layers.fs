/// Layer by layer: what a plan keeps, what a run kept, and how masks changed.
module internal Dsd.Charts.Layers

open System
open Plotly.NET
open Dsd.Plans
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks

let private longestName = 28

/// A vertical axis of names, the first one on top.
let private rows (names: string list) =
    let count = float names.Length

    { axis "" with
        Range = Some(count - 0.5, -0.5)
        Names = names |> List.mapi (fun i n -> float i, label longestName n)
        Grid = false }

let private heightOf rows = 110 + 30 * rows

/// One column of bars for each sparse phase that treats the layers in a way of its own.
let ofPlan (plan: Plan) =
    let distinct =
        plan.Phases
        |> Seq.filter (fun p -> not p.IsDense)
        |> Seq.distinctBy (fun p ->
            p.Layers |> Seq.map (fun l -> p.KeptAt(l, p.Updates - 1L), l.IsPooled) |> Seq.toList)
        |> Seq.truncate 4
        |> Seq.toList

    let shown = if distinct.IsEmpty then [ plan.Phases[0] ] else distinct
    let names = [ for l in shown.Head.Layers -> l.Parameter ]
    let width = 1.0 / float shown.Length
    let gap = if shown.Length > 1 then 0.025 else 0.0

    let domain column =
        (if column = 0 then 0.0 else float column * width + gap),
        (if column = shown.Length - 1 then 1.0 else float (column + 1) * width - gap)

    let traces =
        [ for column, phase in List.indexed shown do
              let last = max 0L (phase.Updates - 1L)
              let pooled = phase.Layers |> Seq.filter _.IsPooled |> Seq.sumBy _.Weights

              let share (l: PlannedLayer) =
                  match Option.ofNullable (phase.KeptAt(l, last)) with
                  | Some kept -> float kept / float (max 1L l.Weights)
                  // Of pooled layers only the common share is known before.
                  | None -> float (phase.PoolKeptAt last) / float (max 1L pooled)

              let told (l: PlannedLayer) =
                  match Option.ofNullable (phase.KeptAt(l, last)) with
                  | Some kept when kept = l.Weights -> $"all {whole kept}"
                  | Some kept -> $"{whole kept} of {whole l.Weights}"
                  | None -> $"about {percent (share l)}: one ranking for all pooled layers"

              let hover =
                  [ for l in phase.Layers -> $"{label 60 l.Parameter} ({l.Dims})<br>kept: {told l}<br>{label 60 l.Rule}" ]

              let at = [ for i in 0 .. names.Length - 1 -> float i ]
              let shares = [ for l in phase.Layers -> share l ]
              let h = StyleParam.Orientation.Horizontal
              let name text = if column = 0 then text else ""
              bars h (column + 1, column + 1) (name "kept") kept 0.7 hover [ for l in phase.Layers -> told l ] at shares
              bars h (column + 1, column + 1) (name "pruned") pruned 0.7 hover [] at [ for s in shares -> 1.0 - s ] ]

    let frame =
        { X =
            [ for column in 0 .. shown.Length - 1 ->
                  { axis "weights kept" with
                      Scale = Percent
                      Range = Some(0.0, 1.0)
                      Domain = domain column
                      Names = [ 0.0, "0%"; 0.5, "50%"; 1.0, "100%" ] },
                  column + 1 ]
          Y = [ for column in 0 .. shown.Length - 1 -> { rows names with Shown = (column = 0) }, column + 1 ]
          Bands = []
          Notes =
            [ for column, phase in List.indexed shown ->
                  let from, until = domain column

                  note
                      ((from + until) / 2.0)
                      1.0
                      (label (100 / shown.Length) phase.Phase.Name)
                      StyleParam.XAnchorPosition.Center ]
          Legend = true }

    Picture(
        "Plan by layer",
        heightOf names.Length + 40,
        if names.IsEmpty then
            nothing "the network has no weight tensor"
        else
            chart frame traces
    )

/// A table of layers and phases whose cells are coloured by the fraction of weights that the mask held at the phase's end.
let ofRun (record: RunRecord) =
    let ended = ended record

    let names =
        match ended with
        | [] -> []
        | (_, first) :: _ -> [ for l in first.Layers -> l.Parameter ]

    let cell (l: LayerCount) = 1.0 - float l.Kept / float (max 1L l.Weights)

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

    let cells =
        [ for row, values in List.indexed z do
              for column, v in List.indexed values -> (float column, float row), percent v ]

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

    let frame =
        { X =
            [ { axis "phase" with
                  Names = [ for i, (p, _) in List.indexed ended -> float i, label (90 / ended.Length) p.Start.Name ]
                  Grid = false },
              1 ]
          Y = [ rows names, 1 ]
          Bands = []
          Notes = []
          Legend = false }

    Picture(
        "Weights masked, by layer and phase",
        heightOf names.Length,
        match ended, names with
        | [], _ -> nothing "no phase came to its end"
        | _, [] -> nothing "the network has no weight tensor"
        | _ -> chart frame [ heat; words ]
    )

/// How many weights each choice of masks pruned and let go, in parts of the weights of the pruned layers.
let churn (record: RunRecord) =
    let bands = Timeline.bands record

    let perEpoch =
        match record.Start with
        | null -> 1.0
        | start -> float start.StepsPerEpoch

    let until = if bands.IsEmpty then 1.0 else (List.last bands).To

    let chosen =
        [ for p in record.Phases do
              yield! p.Masks ]

    let starts = [ for m in chosen -> float m.Step / perEpoch ]

    let share count (m: MaskComputed) =
        float (m.Layers |> Seq.sumBy count) / float (max 1L (m.Layers |> Seq.sumBy _.Weights))

    let width =
        let nearest =
            starts |> List.pairwise |> List.map (fun (a, b) -> b - a) |> List.append [ until ] |> List.min

        min (0.7 * nearest) (until / 40.0)

    // A bar begins at the step before which the masks were chosen.
    let at = [ for start in starts -> start + width / 2.0 ]

    let hover count verb =
        [ for m in chosen ->
              let top = m.Layers |> Seq.sortByDescending count |> Seq.truncate 8
              let lines = [ for l in top -> $"{label 40 l.Parameter}: {whole (count l)} of {whole l.Weights}" ]
              $"before step {whole m.Step}: {percent (share count m)} {verb}<br>" + String.Join("<br>", lines) ]

    let v = StyleParam.Orientation.Vertical

    let frame =
        { X = [ { axis "epochs" with Range = Some(0.0, until) }, 1 ]
          Y = [ { axis "of the pruned layers" with Scale = Percent }, 1 ]
          Bands = bands
          Notes =
            (if chosen.IsEmpty then
                 [ note 0.5 0.45 "no mask was chosen in this run" StyleParam.XAnchorPosition.Center ]
             else
                 [])
          Legend = not chosen.IsEmpty }

    Picture(
        "Mask changes",
        300,
        chart
            frame
            [ bars
                  v
                  (1, 1)
                  "newly pruned"
                  kept
                  width
                  (hover _.NewlyPruned "newly pruned")
                  []
                  at
                  [ for m in chosen -> share _.NewlyPruned m ]
              bars
                  v
                  (1, 1)
                  "regrown"
                  reborn
                  width
                  (hover _.Regrown "regrown")
                  []
                  at
                  [ for m in chosen -> -(share _.Regrown m) ] ]
    )
