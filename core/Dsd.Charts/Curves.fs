/// What training did over time, all arms in one picture.
module internal Dsd.Charts.Curves

open System
open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks

/// The name of the main metric of runs and whether it is a fraction.
let mainMetric (runs: RunRecord seq) =
    let metric = MainMetric.Of runs
    metric.Name, metric.IsFraction

/// Means over a window around each value, shorter at the ends.
let smooth (window: int) (values: float[]) =
    [| for i in 0 .. values.Length - 1 ->
           let half = min (window / 2) (min i (values.Length - 1 - i))
           Array.average values[i - half .. i + half] |]

let private losses (record: RunRecord) perEpoch =
    [ for phase in record.Phases do
          for sample in phase.Samples do
              if Double.IsFinite sample.Loss then
                  float sample.Step / perEpoch, sample.Loss ]

let private evaluations (record: RunRecord) perEpoch metric =
    [ for phase in record.Phases do
          for e in phase.Evaluations do
              match Option.ofNullable (e.Value metric) with
              | Some value when e.Split = DataSplit.Validation && Double.IsFinite value ->
                  float e.Step / perEpoch, value
              | _ -> () ]

/// The training loss above, the main metric on validation below.
let ofRuns (runs: RunRecord list) =
    let metric, fraction = mainMetric runs
    let arms = begun runs
    let longest = arms |> List.map snd |> List.sortByDescending (fun r -> r.Phases.Count) |> List.tryHead
    let bands = longest |> Option.map Timeline.bands |> Option.defaultValue []
    let until = if bands.IsEmpty then 1.0 else (List.last bands).To
    let time = { axis "epochs" with Range = Some(0.0, 1.01 * until) }

    let traces =
        [ for i, (start, run) in List.indexed arms do
              let perEpoch = float start.StepsPerEpoch
              // Arms that share a phase lie on each other; the dashes of the later let the earlier show through.
              let dash = if i = 0 then StyleParam.DrawingStyle.Solid else StyleParam.DrawingStyle.Dash
              let strong = { stroke (colour i) with Dash = dash }
              let loss = losses run perEpoch
              let x, y = List.map fst loss, loss |> List.map snd |> List.toArray
              let window = max 1 (y.Length / 25)

              points StyleParam.Mode.Lines (1, 1) "" { stroke (colour i) with Width = 1.0; Opacity = 0.3 } [] loss
              points StyleParam.Mode.Lines (1, 1) "" strong [] (List.zip x (smooth window y |> Array.toList))

              let measured = evaluations run perEpoch metric

              let hover =
                  [ for at, value in measured ->
                        $"{label 30 run.Arm}<br>epoch {number at}: {(if fraction then percent value else number value)}" ]

              points
                  StyleParam.Mode.Lines_Markers
                  (2, 2)
                  (label 30 run.Arm)
                  { strong with Opacity = 0.95 }
                  hover
                  measured ]

    let frame =
        { X = [ { time with Title = ""; Shown = false }, 1; time, 2 ]
          Y =
            [ { axis "training loss, nats" with Domain = (0.56, 1.0) }, 1
              { axis $"validation {label 20 metric}" with
                  Domain = (0.0, 0.46)
                  Scale = (if fraction then Percent else Linear) },
              2 ]
          Bands = bands
          Notes = []
          Legend = arms.Length > 1 }

    Picture("Learning curves", 460, chart frame traces)
