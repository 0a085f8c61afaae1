/// Rows of a picture and their names.
module internal Dsd.Charts.Rows

open Plotly.NET
open Dsd.Charts.Axes

/// A text at an end of a row of the first vertical axis, so many pixels higher than its place.
let inRow (row: float) over x (anchor: StyleParam.XAnchorPosition) (words: string) =
    let text = note x row words anchor
    text.SetProperty("yref", "y")
    text |> raised over

/// Whether names find room beside their rows, without taking the marks' in a picture of a width.
let beside width (names: string list) = names |> List.forall (fun n -> Fit.pixels n <= 0.33 * float width)

/// A vertical axis of names at its side.
let axis width (places: (float * string) list) =
    { axis "" with
        Names = [ for at, name in places -> at, Fit.cutMiddle (0.36 * float width) name ]
        Grid = false }

/// A vertical axis of rows, and the names that stand above their rows, so many pixels over their places, where there is no room beside.
let named width over (places: (float * string) list) =
    if beside width (List.map snd places) then
        axis width places, []
    else
        { Axes.axis "" with Shown = false; Grid = false },
        [ for at, name in places -> inRow at over 0.0 StyleParam.XAnchorPosition.Left (Fit.cut (inner width []) name) ]
