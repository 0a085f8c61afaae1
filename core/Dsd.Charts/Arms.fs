/// The comparison of arms by their main metric.
module internal Dsd.Charts.Arms

open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Schedules

/// Marker symbols of the phases; colours are those of the arms in their learning curves.
let private symbols =
    [| StyleParam.MarkerSymbol.Circle
       StyleParam.MarkerSymbol.Square
       StyleParam.MarkerSymbol.TriangleUp
       StyleParam.MarkerSymbol.Cross
       StyleParam.MarkerSymbol.Star
       StyleParam.MarkerSymbol.Hexagon |]

/// Draws one row per arm: the main metric on validation at the end of each phase, and on test.
let ofComparison (comparison: Comparison) =
    let runs = List.ofSeq comparison.Runs
    let metric = Metric.MainOf runs
    let height = float runs.Length
    let phases = runs |> List.map _.Phases.Count |> List.fold max 0

    // The upper part of a row is left for the arm's name, which does not fit beside it.
    let at row i = float row + (float i + 1.0) / float (phases + 2) * 0.7 - 0.25

    let measured =
        [ for row, run in List.indexed runs do
              for i, p in Seq.indexed run.Phases do
                  match drawable metric p.Final with
                  | Some v ->
                      row, i, v, $"{label 30 run.Arm}<br>validation, end of {label 30 p.Start.Name}: {shown metric v}"
                  | None -> () ]

    let tested =
        [ for row, run in List.indexed runs do
              match drawable metric run.Test with
              | Some v -> row, v, $"{label 30 run.Arm}<br>test: {shown metric v}"
              | None -> () ]

    let s = stroke (colour 0)

    // One value alone says nothing of a range, and the library's would show accuracies below zero.
    let range =
        match List.distinct ([ for _, _, v, _ in measured -> v ] @ [ for _, v, _ in tested -> v ]) with
        | [ only ] when metric.IsPercent && 0.0 <= only && only <= 1.0 ->
            Some(max 0.0 (only - 0.05), min 1.0 (only + 0.05))
        | _ -> None

    let layout width =
        let rows, names = Rows.named width 18.0 [ for row, run in List.indexed runs -> float row, run.Arm ]

        { frame width (30.0 + 70.0 * height) with
            X =
                [ { axis (label 30 metric.Name) with
                      Scale = (if metric.IsPercent then Percent else Linear)
                      Range = range },
                  1 ]
            Y = [ { rows with Range = Some(height - 0.4, -0.6) }, 1 ]
            Notes = names
            Legend = true }

    let byPhase =
        [ for i in 0 .. phases - 1 do
              let own = measured |> List.filter (fun (_, phase, _, _) -> phase = i)
              let name = runs |> List.find (fun r -> i < r.Phases.Count) |> fun r -> r.Phases[i].Start.Name

              if not own.IsEmpty then
                  points
                      StyleParam.Mode.Markers
                      (1, 1)
                      $"validation, end of {label 20 name}"
                      s
                      [ for _, _, _, h in own -> h ]
                      [ for row, _, v, _ in own -> v, at row i ]
                  |> marker symbols[i % symbols.Length] 9 [ for row, _, _, _ in own -> colour row ] ]

    let final =
        points
            StyleParam.Mode.Markers
            (1, 1)
            "test, once at the end"
            s
            [ for _, _, h in tested -> h ]
            [ for row, v, _ in tested -> v, at row phases ]
        |> marker StyleParam.MarkerSymbol.DiamondTall 14 [ for row, _, _ in tested -> colour row ]

    let title, subtitle = "Arms", Origin.ofRuns runs

    if runs.IsEmpty then
        nothing title subtitle "there are no arms"
    elif measured.IsEmpty && tested.IsEmpty then
        nothing title subtitle "nothing was measured yet"
    else
        picture title subtitle layout (if tested.IsEmpty then byPhase else byPhase @ [ final ])
