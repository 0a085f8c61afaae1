/// Rows of a picture and their names.
module internal Dsd.Charts.Rows

open Plotly.NET
open Dsd.Charts.Axes

/// A text at one end of a row of the first vertical axis, shifted up by a number of pixels.
let inRow (row: float) over x (anchor: StyleParam.XAnchorPosition) (words: string) =
    let text = note x row words anchor
    text.SetProperty("yref", "y")
    text |> raised over

/// True if names fit beside their rows in a picture of a given width, without narrowing the marks too much.
let beside width (names: string list) = names |> List.forall (fun n -> Fit.pixels n <= 0.33 * float width)

/// A vertical axis with names beside it.
let axis width (places: (float * string) list) =
    { axis "" with
        Names = [ for at, name in places -> at, Fit.cutMiddle (0.36 * float width) name ]
        Grid = false }

/// A vertical axis of rows, with names above the rows, shifted up by a number of pixels, if they do not fit beside them.
let named width over (places: (float * string) list) =
    if beside width (List.map snd places) then
        axis width places, []
    else
        { Axes.axis "" with Shown = false; Grid = false },
        [ for at, name in places -> inRow at over 0.0 StyleParam.XAnchorPosition.Left (Fit.cut (inner width []) name) ]
