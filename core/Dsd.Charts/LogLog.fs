/// A cost against a size, both on logarithmic axes: a straight line of slope 1 is proportional to size.
module internal Dsd.Charts.LogLog

open Plotly.NET
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks

let private short value = if value >= 1e6 then $"{number (value / 1e6)} M" else number value

let private logarithmic title (values: float list) =
    { axis title with
        Scale = Log
        Names =
            (if values.IsEmpty then
                 []
             else
                 [ for value, _ in logTicks (List.min values) (List.max values) -> value, short value ]) }

/// One line with points for each series, given its name and its pairs of size and cost.
let picture
    (title: string)
    (sizeTitle: string)
    (costTitle: string)
    (series: struct (string * struct (float * float) seq) seq)
    =
    let series =
        [ for struct (name, points) in series -> name, [ for struct (size, cost) in points -> size, cost ] ]

    let all = series |> List.collect snd

    let frame =
        { X = [ logarithmic sizeTitle (all |> List.map fst), 1 ]
          Y = [ logarithmic costTitle (all |> List.map snd), 1 ]
          Bands = []
          Notes = []
          Legend = true }

    let lines =
        [ for i, (name, points') in List.indexed series ->
              points
                  StyleParam.Mode.Lines_Markers
                  (1, 1)
                  (label 60 name)
                  (stroke (colour i))
                  [ for size, cost in points' -> $"{label 60 name}<br>{number size}: {number cost}" ]
                  points' ]

    Picture(title, 430, (if all.IsEmpty then nothing "nothing was measured" else chart frame lines))
