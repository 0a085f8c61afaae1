/// Small panels beside and below each other in one chart, in the style of the library's charts.
module Panels

#load "../../../scripts/dsd.fsx"
#r "../../../core/Dsd.FSharp/bin/Release/net10.0/DynamicObj.dll"

open Dsd.Charts
open Plotly.NET
open Plotly.NET.LayoutObjects

type Scale =
    | Linear
    | Log
    | Percent
    /// Numbers that only show a shape.
    | Hidden

/// A panel: its traces are functions of the numbers of the axes.
type Panel =
    {
        Title: string
        Traces: (int -> Trace) list
        Ticks: (float * string) list
        Scale: Scale
        Across: float * float
        /// The lower and the upper end of the vertical axis; not a number: as the values have it.
        Range: float * float
    }

let private grey = Color.fromString "rgba(128,128,128,0.6)"

let private axis domain crossing isGrid =
    LinearAxis.init (
        Domain = StyleParam.Range.ofMinMax domain,
        Anchor = crossing,
        ShowGrid = isGrid,
        GridColor = Color.fromString "rgba(128,128,128,0.22)",
        ZeroLine = isGrid,
        ZeroLineColor = grey,
        ShowLine = true,
        LineColor = grey,
        Ticks = StyleParam.TickOptions.Outside,
        TickColor = grey,
        TickAngle = 0
    )

let private horizontal panel domain nth =
    let result = axis domain (StyleParam.LinearAxisId.Y nth) false
    result.SetProperty("tickvals", List.map fst panel.Ticks)
    result.SetProperty("ticktext", List.map snd panel.Ticks)
    result.SetProperty("range", [ fst panel.Across; snd panel.Across ])
    result

let private vertical panel domain nth =
    let result = axis domain (StyleParam.LinearAxisId.X nth) (panel.Scale <> Hidden)
    let low, high = panel.Range

    if not (System.Double.IsNaN low) then
        result.SetProperty("range", [ low; high ])

    match panel.Scale with
    | Percent -> result.SetProperty("tickformat", "~%")
    | Linear -> result.SetProperty("nticks", 6)
    | Hidden ->
        result.SetProperty("showticklabels", false)
        result.SetProperty("ticks", "")
    | Log ->
        let inside =
            [ for power in -2 .. 4 do
                  for digit in [ 1.0; 2.0; 5.0 ] -> digit * 10.0 ** float power ]

        result.SetProperty("type", "log")
        result.SetProperty("range", [ log10 low; log10 high ])
        result.SetProperty("tickvals", inside |> List.filter (fun value -> low <= value && value <= high))
        result.SetProperty("tickformat", "~g")

    result

/// Draws panels in rows of a number of columns, each so many pixels high.
let picture title columns (high: float) legend (panels: Panel list) =
    let lines (words: string) = words.Split("<br>").Length
    let under = panels |> List.collect (fun panel -> panel.Ticks |> List.map (snd >> lines))
    let above = 18.0 * float (panels |> List.map (_.Title >> lines) |> List.max) + 9.0
    let below = 18.0 * float (List.max (1 :: under)) + 12.0
    let rows = (panels.Length + columns - 1) / columns
    let each = above + high + below
    let inside = each * float rows
    let gap = if panels.Head.Scale = Hidden then 0.02 else 0.09

    let layout =
        Layout.init (
            ShowLegend = legend,
            Margin =
                Margin.init (
                    Left = (if panels.Head.Scale = Hidden then 10 else 48),
                    Right = 26,
                    Top = 4,
                    Bottom = (if legend then 40 else 4)
                ),
            PaperBGColor = Color.fromString "rgba(0,0,0,0)",
            PlotBGColor = Color.fromString "rgba(0,0,0,0)",
            Font = Font.init (Family = StyleParam.FontFamily.Custom "system-ui, sans-serif", Size = 14.0),
            BarMode = StyleParam.BarMode.Overlay
        )

    layout.SetProperty("bargap", 0.0)

    layout.SetProperty(
        "legend",
        Legend.init (
            Orientation = StyleParam.Orientation.Horizontal,
            X = 0.0,
            Y = 0.0,
            YAnchor = StyleParam.YAnchorPosition.Bottom,
            YRef = "container"
        )
    )

    let notes =
        [ for i, panel in List.indexed panels do
              let row, column = i / columns, i % columns
              let width = (1.0 - gap * float (columns - 1)) / float columns
              let left = float column * (width + gap)
              let top = 1.0 - (each * float row + above) / inside
              let id letter = if i = 0 then letter + "axis" else $"{letter}axis{i + 1}"
              layout.SetProperty(id "x", horizontal panel (left, left + width) (i + 1))
              layout.SetProperty(id "y", vertical panel (max 0.0 (top - high / inside), top) (i + 1))

              Annotation.init (
                  Text = panel.Title,
                  X = left,
                  Y = top,
                  XRef = "paper",
                  YRef = "paper",
                  XAnchor = StyleParam.XAnchorPosition.Left,
                  Align = StyleParam.AnnotationAlignment.Left,
                  YAnchor = StyleParam.YAnchorPosition.Bottom,
                  ShowArrow = false
              ) ]

    layout.SetProperty("annotations", notes)

    let traces =
        [ for i, panel in List.indexed panels do
              for trace in panel.Traces -> trace (i + 1) ]

    let height = int inside + (if legend then 44 else 8)
    Picture(title, height, traces |> GenericChart.ofTraceObjects false |> GenericChart.setLayout layout)
