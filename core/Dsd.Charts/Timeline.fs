/// The chart of a schedule over time: phases as bands, sparsity and learning rate as lines.
module internal Dsd.Charts.Timeline

open System
open Plotly.NET
open Dsd.Schedules
open Dsd.Plans
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Records

/// The lines of one phase on the time axis.
type private Segment = { Band: Band; Sparsity: (float * float) list; Rate: (float * float) list }

/// The steps at which a curve is sampled: all of a short phase, two hundred of a long one, always the first and the last.
let private samples (steps: int64) =
    let most = 200L

    if steps <= most then
        [ 0L .. steps - 1L ]
    else
        [ for i in 0L .. most - 1L -> i * (steps - 1L) / (most - 1L) ]

let private segment
    name
    dense
    (from: float)
    (length: float)
    (steps: int64)
    (sparsityAt: int64 -> float)
    (rateAt: int64 -> float)
    =
    let place step = from + length * float step / float steps

    let read at =
        [ for step in samples steps do
              place step, at step
          // The last value holds to the end of the phase.
          from + length, at (steps - 1L) ]

    { Band = { Name = name; From = from; To = from + length; Dense = dense }
      Sparsity = read sparsityAt
      Rate = read rateAt }

let private draw title subtitle (time: int -> Axis) (segments: Segment list) (whole: (float * float) list) =
    let until = (List.last segments).Band.To
    let rates = segments |> List.collect _.Rate
    let positive = rates |> List.map snd |> List.filter (fun r -> r > 0.0)
    let low, high = List.min positive, List.max positive
    let inside = 260.0

    let rate =
        if high > 10.0 * low then
            let range = Math.Log10 low - 0.2, Math.Log10 high + 0.15

            { logarithmic "learning rate" (10.0 ** fst range) (10.0 ** snd range) (0.46 * inside) with
                Range = Some range }
        else
            { axis "learning rate" with Range = Some(0.0, 1.1 * high) }

    let sparsity = segments |> List.collect _.Sparsity
    let top = max 0.05 (1.15 * (sparsity @ whole |> List.map snd |> List.max))

    let layout width =
        let time = { time width with Range = Some(0.0, until) }

        { frame width inside with
            X = [ { time with Title = ""; Shown = false }, 1; time, 2 ]
            Y =
                [ { axis "sparsity" with
                      Scale = Percent
                      Domain = (0.56, 1.0)
                      Range = Some(0.0, min 1.0 top) },
                  1
                  { rate with Domain = (0.0, 0.46) }, 2 ]
            Bands = [ { Axis = 1; Heights = (0.0, 1.0); Bands = List.map _.Band segments } ]
            Legend = not whole.IsEmpty }

    let line = StyleParam.Mode.Lines

    picture
        title
        subtitle
        layout
        [ points
              line
              (1, 1)
              (if whole.IsEmpty then "" else "asked for in pruned layers")
              { stroke kept with Width = 2.5 }
              []
              sparsity
          if not whole.IsEmpty then
              points line (1, 1) "of all weights" { stroke kept with Dash = StyleParam.DrawingStyle.Dot } [] whole
          points line (2, 2) "" { stroke reborn with Width = 2.5 } [] rates ]

/// Draws a schedule; if some phases count epochs and others steps, there is no common scale and all are drawn equally wide.
let ofSchedule (schedule: Schedule) =
    let units = schedule.Phases |> Seq.map _.Duration.Unit |> Seq.distinct |> Seq.toList

    let time, length =
        match units with
        | [ DurationUnit.Epochs ] -> (fun _ -> axis "epochs"), (fun (p: Phase) -> p.Duration.Amount)
        | [ _ ] -> (fun _ -> axis "steps"), (fun (p: Phase) -> p.Duration.Amount)
        | _ ->
            (fun width ->
                let pixels = inner width []
                let title = "phases, not to scale: some count epochs, others steps"

                { axis (Fit.joined (Fit.wrap pixels title)) with Grid = false }
                |> spread
                    (pixels / float schedule.Phases.Count)
                    [ for i, p in Seq.indexed schedule.Phases -> float i + 0.5, string p.Duration ]),
            (fun _ -> 1.0)

    let steps = 1000L
    let starts = schedule.Phases |> Seq.scan (fun at p -> at + length p) 0.0

    let segments =
        [ for phase, from in Seq.zip schedule.Phases starts ->
              segment
                  phase.Name
                  phase.IsDense
                  from
                  (length phase)
                  steps
                  (fun step -> phase.Sparsity.At(step, steps).Value)
                  (fun step -> phase.Rate.At(step, steps)) ]

    draw "Schedule" (Origin.ofSchedule schedule) time segments []

/// Draws a plan in steps, with its mask updates.
let ofPlan (plan: Plan) =
    let sparsityAt (phase: PlannedPhase) (step: int64) =
        if phase.IsDense then
            0.0
        else
            phase.Phase.Sparsity.At(phase.UpdateAt step, phase.Updates).Value

    let wholeAt (phase: PlannedPhase) (step: int64) =
        let weights = phase.Layers |> Seq.sumBy _.Weights

        if phase.IsDense || weights = 0L then
            0.0
        else
            1.0 - float (phase.TotalKeptAt(phase.UpdateAt step)) / float weights

    let build at =
        [ for phase in plan.Phases ->
              segment
                  phase.Phase.Name
                  phase.IsDense
                  (float phase.FirstStep)
                  (float phase.Steps)
                  phase.Steps
                  (at phase)
                  phase.RateAt ]

    draw
        "Plan over time"
        (Origin.ofPlan plan)
        (fun _ -> axis "steps")
        (build sparsityAt)
        (build wholeAt |> List.collect _.Sparsity)

/// The phase bands of a run up to its last step, in epochs.
let bands (record: Dsd.Records.RunRecord) =
    match record.Start with
    | null -> []
    | start ->
        let epochs (step: int64) = float step / float start.StepsPerEpoch

        [ for phase in record.Phases ->
              let planned = start.Schedule.Phases[phase.Start.Phase]

              { Name = phase.Start.Name
                From = epochs phase.Start.Step
                To = epochs (phase.Start.Step + phase.Start.Steps)
                Dense = planned.IsDense } ]

/// The bands on the first axis over the whole drawing area.
let whole (bands: Band list) =
    if bands.IsEmpty then
        []
    else
        [ { Axis = 1; Heights = (0.0, 1.0); Bands = bands } ]
