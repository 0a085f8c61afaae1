/// The distributions of all layers' weights in one chart.
module internal Dsd.Charts.Ridge

open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Charts.Weights

/// Draws one curve per layer, stacked, at the end of each of the last three phases; each is scaled by the width that holds most of its weights.
let ofRun (record: RunRecord) =
    let ended = ended record
    let shown = ended |> List.skip (max 0 (ended.Length - 3))

    let names =
        match shown with
        | [] -> []
        | (_, first) :: _ -> [ for h in first.Histograms -> h.Parameter ]

    let layer (_: PhaseRecord, finish: TrainingEvent.PhaseEnded) row = finish.Histograms[row]

    let curve (h: WeightHistogram) =
        [| for bin in 0 .. h.Counts.Count - 1 -> density h bin |] |> Curves.smooth 3 |> Array.toList

    let scales =
        [ for row in 0 .. names.Length - 1 ->
              let reaches =
                  [ for p in shown do
                        if (layer p row).Range > 0.0 then
                            reach (layer p row) ]

              (if reaches.IsEmpty then 1.0 else List.max reaches),
              // Regrown weights form a spike at zero, which must not flatten the curves of the earlier phase.
              max 1e-300 (List.max (curve (layer shown.Head row))) ]

    let traces =
        [ for row in 0 .. names.Length - 1 do
              let range, highest = scales[row]
              let baseline = float (names.Length - 1 - row)

              for i, (p, finish) in List.indexed shown do
                  let h = layer (p, finish) row

                  let xy =
                      [ for centre, height in List.zip (centres h) (curve h) do
                            if abs centre <= range then
                                centre / range, baseline + min 0.95 (0.75 * height / highest) ]

                  // If the last phase barely changes the weights, its thin line lies inside the broad one before.
                  let line =
                      match shown.Length - 1 - i with
                      | 0 -> { stroke (colour i) with Width = 1.5 }
                      | 1 -> { stroke (colour i) with Width = 5.0; Opacity = 0.75 }
                      | _ -> { stroke (colour i) with Width = 1.5; Dash = StyleParam.DrawingStyle.Dot }

                  let hover =
                      [ for _ in xy ->
                            $"{label 60 names[row]}, end of {label 30 p.Start.Name}<br>full width: ±{number range}" ]

                  points
                      StyleParam.Mode.Lines
                      (1, 1)
                      (if row = 0 then $"end of {label 24 p.Start.Name}" else "")
                      line
                      hover
                      xy ]

    let layout width =
        let places = [ for row, name in List.indexed names -> float (names.Length - 1 - row), name ]
        let vertical = { Rows.axis width places with Grid = true }
        let pixels = inner width [ for _, name in vertical.Names -> name ]
        let title = "weight, relative to the width that holds 99.5 %"

        { frame width (10.0 + 60.0 * float (max 1 names.Length)) with
            X = [ { axis (Fit.joined (Fit.wrap pixels title)) with Range = Some(-1.0, 1.0) }, 1 ]
            Y = [ { vertical with Range = Some(-0.05, float (max 1 names.Length) + 0.05) }, 1 ]
            Legend = true }

    let title, subtitle = "Weights of all layers", Origin.ofRuns [ record ]

    match shown, names with
    | [], _ -> nothing title subtitle "no phase is complete"
    | _, [] -> nothing title subtitle "the network has no weight tensor"
    | _ -> picture title subtitle layout traces
