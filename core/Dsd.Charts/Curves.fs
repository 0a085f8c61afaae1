/// Learning curves of all arms in one chart.
module internal Dsd.Charts.Curves

open System
open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Schedules

/// Moving averages over a window around each value, shorter at the ends.
let smooth (window: int) (values: float[]) =
    [| for i in 0 .. values.Length - 1 ->
           let half = window / 2
           Array.average values[max 0 (i - half) .. min (values.Length - 1) (i + half)] |]

/// The finite losses over epochs, of each phase that has any.
let private losses (record: RunRecord) perEpoch =
    [ for phase in record.Phases do
          let sampled =
              [ for s in phase.Samples do
                    if Double.IsFinite s.Loss then
                        float s.Step / perEpoch, s.Loss ]

          if not sampled.IsEmpty then
              sampled ]

/// Smoothed within each phase, so that changes at phase boundaries stay sharp.
let private smoothed (phases: (float * float) list list) =
    let window = max 1 (List.sumBy List.length phases / 25)

    [ for phase in phases do
          yield! List.zip (List.map fst phase) (phase |> List.map snd |> List.toArray |> smooth window |> Array.toList) ]

let private evaluations (record: RunRecord) perEpoch (metric: Metric) =
    [ for phase in record.Phases do
          for e in phase.Evaluations do
              match drawable metric e with
              | Some value when e.Split = DataSplit.Validation -> float e.Step / perEpoch, value
              | _ -> () ]

/// Draws the training loss above and the main metric on validation below.
let ofRuns (runs: RunRecord list) =
    let metric = Metric.MainOf runs

    // Before the first measurement nothing says what will be measured.
    let isMeasured =
        runs |> List.exists (fun run -> run.Phases |> Seq.exists (fun p -> p.Evaluations.Count > 0))

    let arms = begun runs
    let timelines = arms |> List.map (snd >> Timeline.bands) |> List.filter (_.IsEmpty >> not)
    let until = timelines |> List.map (fun bands -> (List.last bands).To) |> List.fold max 0.0
    let until = if until > 0.0 then until else 1.0

    // Phases are shown where all arms with a mask have the same ones, as far as they are.
    let masked = timelines |> List.filter (List.exists (fun band -> not band.Dense))

    let longest =
        List.sortByDescending List.length (if masked.IsEmpty then timelines else masked) |> List.tryHead

    let bands =
        match longest with
        | Some bands when masked |> List.forall (fun other -> List.forall2 (=) other (List.take other.Length bands)) ->
            bands
        | _ -> []

    let time = { axis "epochs" with Range = Some(0.0, 1.01 * until) }

    let traces =
        [ for i, (start, run) in List.indexed arms do
              let perEpoch = float start.StepsPerEpoch
              // Arms that share a phase overlap; the dashes of the later arms let the earlier ones show through.
              let dash = if i = 0 then StyleParam.DrawingStyle.Solid else StyleParam.DrawingStyle.Dash
              let strong = { stroke (colour i) with Dash = dash }
              let loss = losses run perEpoch
              let all = List.concat loss
              // A line through only a few points is hard to see.
              let mode = if all.Length < 30 then StyleParam.Mode.Lines_Markers else StyleParam.Mode.Lines

              points StyleParam.Mode.Lines (1, 1) "" { stroke (colour i) with Width = 1.0; Opacity = 0.3 } [] all
              points mode (1, 1) "" strong [] (smoothed loss)

              let measured = evaluations run perEpoch metric

              let hover =
                  [ for at, value in measured -> $"{label 30 run.Arm}<br>epoch {number at}: {shown metric value}" ]

              points
                  StyleParam.Mode.Lines_Markers
                  (2, 2)
                  (label 30 run.Arm)
                  { strong with Opacity = 0.95 }
                  hover
                  measured ]

    let layout width =
        { frame width 330.0 with
            X = [ { time with Title = ""; Shown = false }, 1; time, 2 ]
            Y =
                [ { axis "training loss" with Domain = (0.56, 1.0) }, 1
                  { axis (if isMeasured then $"validation {label 20 metric.Name}" else "validation") with
                      Domain = (0.0, 0.46)
                      Scale = (if isMeasured && metric.IsPercent then Percent else Linear) },
                  2 ]
            Bands = Timeline.whole bands
            Legend = arms.Length > 1 }

    picture "Learning curves" (Origin.ofRuns runs) layout traces
