/// Differences between arms: one dot per seed, the mean with its interval, and the line of no difference.
module internal Dsd.Charts.Differences

open Plotly.NET
open Plotly.NET.TraceObjects
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Marks

/// Differences at one position on an axis, all in units of the metric.
type Place =
    {
        At: float
        /// The compared arms, escaped for Plotly; hover texts start with it.
        Told: string
        Seeds: (int64 * float) list
        /// The mean with half the width of its 95 % interval, if it has one.
        Mean: (float * float option) option
        /// The end of the mean's hover text.
        More: string
    }

/// The orientation of the axis of differences.
type Lie =
    | Upright
    | Flat

/// Axis units per unit of the metric: accuracy is shown in percentage points.
let scale (metric: Metric) = if metric.IsPercent then 100.0 else 1.0

/// The unit of an axis of differences.
let unit (metric: Metric) =
    if metric.IsPercent then "points"
    elif metric.Unit <> "" then label 20 $"{metric.Unit} of {metric.Name}"
    else label 20 metric.Name

/// Formats a mean with its interval.
let private words (metric: Metric) (mean: float) (half: float option) =
    match half with
    | Some h ->
        $"mean {metric.ShowDifference mean}<br>95 %% interval {metric.ShowDifference(mean - h)} to {metric.ShowDifference(mean + h)}"
    | None -> $"mean {metric.ShowDifference mean}"

let private put lie (at: float, value: float) =
    match lie with
    | Upright -> at, value
    | Flat -> value, at

/// The means that can be drawn: position, mean and half its interval in axis units.
let private drawn metric (places: Place list) =
    [ for place in places do
          match place.Mean with
          | Some(mean, half) when fits (scale metric * mean) ->
              let half = half |> Option.map ((*) (scale metric)) |> Option.filter fits
              place, scale metric * mean, half
          | _ -> () ]

/// The largest number of seeds drawn at one position.
let mostSeeds = 200

/// Draws one dot per seed, jittered so that dots do not hide each other.
let seeds lie axes metric (s: Stroke) spread (places: Place list) =
    let dots =
        [ for place in places do
              let shown =
                  place.Seeds |> List.filter (fun (_, d) -> fits (scale metric * d)) |> List.truncate mostSeeds

              let last = float (max 1 (shown.Length - 1))

              for n, (seed, d) in List.indexed shown do
                  let at = place.At + spread * (float n / last - 0.5)
                  put lie (at, scale metric * d), $"{place.Told}<br>seed {seed}: {metric.ShowDifference d}" ]

    let name =
        if places |> List.exists (fun p -> p.Seeds.Length > mostSeeds) then
            $"one seed (the first {mostSeeds})"
        else
            "one seed"

    points StyleParam.Mode.Markers axes name s (List.map snd dots) (List.map fst dots)

/// Draws a diamond for each mean and a bar for its interval.
let means lie axes metric mode (s: Stroke) (places: Place list) =
    let all = drawn metric places
    let halves = [ for _, _, half in all -> half ]
    let name = if List.exists Option.isSome halves then "mean, 95 % interval" else "mean"

    let hover =
        [ for place, _, _ in all do
              let mean, half = Option.get place.Mean
              $"{place.Told}<br>{words metric mean half}{place.More}" ]

    let trace =
        [ for place, mean, _ in all -> put lie (place.At, mean) ]
        |> points mode axes name s hover
        |> marker StyleParam.MarkerSymbol.Diamond 11 [ for _ in all -> s.Colour ]

    let intervals =
        Error.init (Type = StyleParam.ErrorType.Data, Thickness = 2.0, Width = 5.0, Color = Color.fromString s.Colour)

    // One seed has no interval, and so no bar.
    intervals.SetProperty("array", halves |> List.map Option.toNullable)
    trace.SetProperty((if lie = Upright then "error_y" else "error_x"), intervals)
    trace

/// Draws the line of no difference.
let zero lie axes from until =
    let line = { stroke (colour 5) with Width = 1.0; Dash = StyleParam.DrawingStyle.Dash }
    points StyleParam.Mode.Lines axes "" line [] [ put lie (from, 0.0); put lie (until, 0.0) ]

/// True if a mean can be drawn.
let any metric places = not (drawn metric places).IsEmpty

/// The extent of all marks on an axis, including the line of no difference.
let extent metric (places: Place list) =
    [ 0.0
      for _, mean, half in drawn metric places do
          mean - defaultArg half 0.0
          mean + defaultArg half 0.0
      for place in places do
          for _, d in List.truncate mostSeeds place.Seeds do
              if fits (scale metric * d) then
                  scale metric * d ]
    |> List.filter fits
    |> fun all -> List.min all, List.max all

/// A range extended by a margin at both ends.
let padded (low, high) =
    let pad = if high > low then 0.06 * (high - low) else 1.0
    low - pad, high + pad
