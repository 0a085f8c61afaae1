/// Differences between arms: one dot a seed, their mean with its interval, and the line of no difference.
module internal Dsd.Charts.Differences

open Plotly.NET
open Plotly.NET.TraceObjects
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Marks

/// Differences that are drawn at one place of an axis, all as the metric counts.
type Place =
    {
        At: float
        /// What they are of, safe for Plotly; hover texts begin with it.
        Told: string
        Seeds: (int64 * float) list
        /// The mean with half the width of its 95 % interval, where it has one.
        Mean: (float * float option) option
        /// What the hover text of the mean ends with.
        More: string
    }

/// Which way the differences lie.
type Lie =
    | Upright
    | Flat

/// How many units of an axis a unit of the metric is: accuracy is counted in points.
let scale (metric: Metric) = if metric.IsPercent then 100.0 else 1.0

/// What an axis counts differences in.
let unit (metric: Metric) =
    if metric.IsPercent then "points"
    elif metric.Unit <> "" then label 20 $"{metric.Unit} of {metric.Name}"
    else label 20 metric.Name

/// A mean with its interval in words.
let private words (metric: Metric) (mean: float) (half: float option) =
    match half with
    | Some h ->
        $"mean {metric.ShowDifference mean}<br>95 %% interval {metric.ShowDifference(mean - h)} to {metric.ShowDifference(mean + h)}"
    | None -> $"mean {metric.ShowDifference mean}"

let private put lie (at: float, value: float) =
    match lie with
    | Upright -> at, value
    | Flat -> value, at

/// The means that can be drawn: with the place, on the axis the mean and half its interval.
let private drawn metric (places: Place list) =
    [ for place in places do
          match place.Mean with
          | Some(mean, half) when fits (scale metric * mean) ->
              let half = half |> Option.map ((*) (scale metric)) |> Option.filter fits
              place, scale metric * mean, half
          | _ -> () ]

/// How many seeds of a place are drawn.
let mostSeeds = 200

/// One dot a seed, spread a little so that they do not hide each other.
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

/// A diamond for each mean and a bar for its interval.
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

/// The line of no difference.
let zero lie axes from until =
    let line = { stroke (colour 5) with Width = 1.0; Dash = StyleParam.DrawingStyle.Dash }
    points StyleParam.Mode.Lines axes "" line [] [ put lie (from, 0.0); put lie (until, 0.0) ]

/// Whether a mean can be drawn.
let any metric places = not (drawn metric places).IsEmpty

/// From where to where marks reach on an axis, the line of no difference among them.
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

/// A range with a little room beyond its ends.
let padded (low, high) =
    let pad = if high > low then 0.06 * (high - low) else 1.0
    low - pad, high + pad
