/// Arms side by side, and settings side by side with the spread over seeds.
module internal Dsd.Charts.Arms

open System
open MathNet.Numerics.Statistics
open Plotly.NET
open Plotly.NET.TraceObjects
open Dsd.Records
open Dsd.Charts.Style

let private show fraction value = if fraction then percent value else number value

/// Each arm in a row: the main metric on validation at the end of each phase, and on test.
let ofComparison (comparison: Comparison) =
    let runs = List.ofSeq comparison.Runs
    let metric, fraction = Curves.mainMetric runs
    let height = float runs.Length
    let phases = runs |> List.map _.Phases.Count |> List.fold max 0

    let at row i = float row + (float i + 1.0) / float (phases + 2) * 0.8 - 0.4

    let measured =
        [ for row, run in List.indexed runs do
              for i, p in Seq.indexed run.Phases do
                  match p.Last DataSplit.Validation with
                  | null -> ()
                  | e ->
                      match Option.ofNullable (e.Value metric) with
                      | Some v when Double.IsFinite v ->
                          row,
                          i,
                          v,
                          $"{label 30 run.Arm}<br>validation, end of {label 30 p.Start.Name}: {show fraction v}"
                      | _ -> () ]

    let tested =
        [ for row, run in List.indexed runs do
              match run.Test with
              | null -> ()
              | e ->
                  match Option.ofNullable (e.Value metric) with
                  | Some v when Double.IsFinite v -> row, v, $"{label 30 run.Arm}<br>test: {show fraction v}"
                  | _ -> () ]

    let marker symbol size fill (t: Trace) =
        t.SetProperty("marker", Marker.init (Color = Color.fromString fill, Size = size, Symbol = symbol))
        t

    let s = stroke (colour 0)

    let frame =
        { X = [ { axis (label 30 metric) with Scale = (if fraction then Percent else Linear) }, 1 ]
          Y =
            [ { axis "" with
                  Range = Some(height - 0.4, -0.6)
                  Names = [ for row, run in List.indexed runs -> float row, label 28 run.Arm ]
                  Grid = false },
              1 ]
          Bands = []
          Notes =
            (if measured.IsEmpty && tested.IsEmpty then
                 [ note 0.5 0.5 "nothing was measured yet" StyleParam.XAnchorPosition.Center ]
             else
                 [])
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
                  |> marker StyleParam.MarkerSymbol.Circle 9 (colour i) ]

    let final =
        points
            StyleParam.Mode.Markers
            (1, 1)
            "test, once at the end"
            s
            [ for _, _, h in tested -> h ]
            [ for row, v, _ in tested -> v, at row phases ]
        |> marker StyleParam.MarkerSymbol.Diamond 12 (colour 4)

    Picture(
        "Arms",
        150 + 70 * runs.Length,
        if runs.IsEmpty then
            nothing "there is no arm"
        else
            chart frame (if tested.IsEmpty then byPhase else byPhase @ [ final ])
    )

/// Half the width of the 95 % confidence interval of a mean, from Student's t; none for fewer than two values.
let private halfWidth (values: float[]) =
    if values.Length < 2 then
        None
    else
        let n = float values.Length
        let t = MathNet.Numerics.Distributions.StudentT.InvCDF(0.0, 1.0, n - 1.0, 0.975)
        Some(t * Statistics.StandardDeviation values / sqrt n)

/// For each setting the differences between the first arm and the last on validation, one dot a comparison, and their mean.
let ofSettings (axisTitle: string) (settings: (string * Comparison list) list) =
    let runs =
        settings
        |> List.collect (fun (_, cs) ->
            [ for c in cs do
                  yield! c.Runs ])

    let metric, fraction = Curves.mainMetric runs
    let scale = if fraction then 100.0 else 1.0

    let difference (c: Comparison) =
        if c.Runs.Count < 2 then
            None
        else
            let value (r: RunRecord) =
                Option.ofObj r.Validation
                |> Option.bind (fun e -> Option.ofNullable (e.Value metric))
                |> Option.filter Double.IsFinite

            Option.map2 (fun a b -> scale * (a - b)) (value c.Runs[0]) (value c.Runs[c.Runs.Count - 1])

    let all =
        [ for i, (name, cs) in List.indexed settings -> i, name, cs |> List.choose difference |> List.toArray ]

    let dots =
        [ for i, name, values in all do
              for seed, v in Array.indexed values do
                  let spread =
                      if values.Length = 1 then
                          0.0
                      else
                          0.16 * (float seed / float (values.Length - 1) - 0.5)

                  (float i + spread, v), $"{label 40 name}: {number v}" ]

    let means =
        [ for i, name, values in all do
              if values.Length > 0 then
                  float i, name, Array.average values, halfWidth values ]

    let halves = [ for _, _, _, half in means -> half |> Option.defaultValue 0.0 ]

    let told =
        [ for _, name, mean, half in means ->
              let interval =
                  half |> Option.map (fun h -> $" ± {number (round (1000.0 * h) / 1000.0)}") |> Option.defaultValue ""

              $"{label 40 name}<br>mean {number (round (1000.0 * mean) / 1000.0)}{interval}" ]

    let mean =
        points
            StyleParam.Mode.Markers
            (1, 1)
            "mean, 95 % interval"
            (stroke (colour 1))
            told
            [ for i, _, m, _ in means -> i, m ]

    mean.SetProperty(
        "error_y",
        Error.init (
            Type = StyleParam.ErrorType.Data,
            Array = halves,
            Thickness = 2.0,
            Width = 6.0,
            Color = Color.fromString (colour 1)
        )
    )

    mean.SetProperty(
        "marker",
        Marker.init (Color = Color.fromString (colour 1), Size = 11, Symbol = StyleParam.MarkerSymbol.Diamond)
    )

    let first, last =
        match runs with
        | [] -> "first arm", "last arm"
        | _ -> runs.Head.Arm, (List.last runs).Arm

    let count = float (max 1 settings.Length)
    let unit = if fraction then "points" else label 20 metric

    let frame =
        { X =
            [ { axis (label 60 axisTitle) with
                  Range = Some(-0.5, count - 0.5)
                  Names = [ for i, name, _ in all -> float i, label (int (110.0 / count)) name ]
                  Grid = false },
              1 ]
          Y =
            [ { axis $"{label 16 first} − {label 16 last}, {unit} on validation" with
                  Scale = Linear },
              1 ]
          Bands = []
          Notes = []
          Legend = true }

    let zero =
        points
            StyleParam.Mode.Lines
            (1, 1)
            ""
            { stroke (colour 5) with Width = 1.0; Dash = StyleParam.DrawingStyle.Dash }
            []
            [ -0.5, 0.0; count - 0.5, 0.0 ]

    Picture(
        $"What the mask changes, by {axisTitle}",
        380,
        chart
            frame
            [ zero
              points
                  StyleParam.Mode.Markers
                  (1, 1)
                  "one seed"
                  { stroke (colour 0) with Opacity = 0.7 }
                  (List.map snd dots)
                  (List.map fst dots)
              mean ]
    )
