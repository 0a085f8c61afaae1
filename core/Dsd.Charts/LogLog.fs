/// The chart of a cost against a size on logarithmic axes, where a slope of 1 means proportional to size.
module internal Dsd.Charts.LogLog

open Plotly.NET
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks

let private between title (values: float list) pixels =
    if values.IsEmpty then
        { axis title with Scale = Log }
    else
        // A margin of a quarter of a power of ten at each end.
        let low, high = log10 (List.min values) - 0.25, log10 (List.max values) + 0.25

        { logarithmic title (10.0 ** low) (10.0 ** high) pixels with
            Range = Some(low, high) }

/// Draws one line with markers for each series, given its name and its pairs of size and cost.
let ofSeries
    (title: string)
    (subtitle: string)
    (sizeTitle: string)
    (costTitle: string)
    (series: struct (string * struct (float * float) seq) seq)
    =
    let series =
        [ for struct (name, points) in series -> name, [ for struct (size, cost) in points -> size, cost ] ]

    let all = series |> List.collect snd

    let layout width =
        { frame width 310.0 with
            X = [ between sizeTitle (all |> List.map fst) (inner width []), 1 ]
            Y = [ between costTitle (all |> List.map snd) 310.0, 1 ]
            Legend = true }

    let lines =
        [ for i, (name, points') in List.indexed series ->
              points
                  StyleParam.Mode.Lines_Markers
                  (1, 1)
                  (label 44 name)
                  (stroke (colour i))
                  [ for size, cost in points' -> $"{label 60 name}<br>{number size}: {number cost}" ]
                  points' ]

    if all.IsEmpty then
        nothing title subtitle "nothing was measured"
    else
        picture title subtitle layout lines
