/// Small panels beside and below each other in one chart, in the style of the library's charts.
module Panels

#load "../../../scripts/dsd.fsx"

open Dsd.Charts
open Plotly.NET
open Plotly.NET.LayoutObjects
open Plotly.NET.TraceObjects

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
        /// Of a logarithmic axis in powers of ten.
        Range: (float * float) option
    }

/// Colours after Okabe and Ito, as in the library's charts.
let private palette = [| "#1f83c9"; "#d55e00"; "#009e73"; "#c4699c"; "#b67d00"; "#808080" |] |> Array.map Color.fromString

/// A line through means with intervals: the place, the mean, and the lower and the upper end of each.
let line colour name (points: (float * float * float * float) list) isInLegend axes : Trace =
    Trace2D.initScatter (
        Trace2DStyle.Scatter(
            Mode = StyleParam.Mode.Lines_Markers,
            X = [ for x, _, _, _ in points -> x ],
            Y = [ for _, mean, _, _ in points -> mean ],
            Name = name,
            LegendGroup = name,
            ShowLegend = isInLegend,
            Line = Line.init (Color = palette[colour], Width = 2.0),
            Marker = Marker.init (Color = palette[colour], Size = 7),
            YError =
                Error.init (
                    Type = StyleParam.ErrorType.Data,
                    Symmetric = false,
                    Array = [ for _, mean, _, high in points -> high - mean ],
                    Arrayminus = [ for _, mean, low, _ in points -> mean - low ],
                    Color = palette[colour],
                    Thickness = 1.5,
                    Width = 3.0
                ),
            XAxis = StyleParam.LinearAxisId.X axes,
            YAxis = StyleParam.LinearAxisId.Y axes
        )
    )

/// Bars around places, each with its height.
let bars colour (width: float) (heights: (float * float) list) axes : Trace =
    Trace2D.initBar (
        Trace2DStyle.Bar(
            X = List.map fst heights,
            Y = List.map snd heights,
            Width = width,
            ShowLegend = false,
            Marker = Marker.init (Color = palette[colour], Outline = Line.init (Width = 0.0)),
            XAxis = StyleParam.LinearAxisId.X axes,
            YAxis = StyleParam.LinearAxisId.Y axes
        )
    )

let private grey = Color.fromString "rgba(128,128,128,0.6)"

let private axis domain crossing isGrid =
    LinearAxis.init (
        Domain = StyleParam.Range.ofMinMax domain,
        Anchor = crossing,
        ShowGrid = isGrid,
        GridColor = Color.fromString "rgba(128,128,128,0.22)",
        ZeroLine = false,
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
    result

let private vertical panel domain nth =
    let result = axis domain (StyleParam.LinearAxisId.X nth) (panel.Scale <> Hidden)
    result.SetProperty("showticklabels", (panel.Scale <> Hidden))
    result.SetProperty("nticks", 6)

    match panel.Scale with
    | Percent -> result.SetProperty("tickformat", "~%")
    | Log ->
        result.SetProperty("type", "log")
        result.SetProperty("dtick", "D2")
    | Linear
    | Hidden -> ()

    match panel.Range with
    | Some(low, high) -> result.SetProperty("range", [ low; high ])
    | None -> result.SetProperty("rangemode", "tozero")

    result

/// Draws panels in rows of a number of columns, each so many pixels high.
let picture title columns (high: float) legend (panels: Panel list) =
    let above, below = 26.0, 30.0
    let rows = (panels.Length + columns - 1) / columns
    let each = above + high + below
    let inside = each * float rows
    let gap = if panels.Head.Scale = Hidden then 0.02 else 0.09

    let layout =
        Layout.init (
            ShowLegend = legend,
            Margin = Margin.init (Left = 48, Right = 10, Top = 4, Bottom = (if legend then 40 else 4)),
            PaperBGColor = Color.fromString "rgba(0,0,0,0)",
            PlotBGColor = Color.fromString "rgba(0,0,0,0)",
            Font = Font.init (Family = StyleParam.FontFamily.Custom "system-ui, sans-serif", Size = 13.0),
            BarMode = StyleParam.BarMode.Overlay,
            Legend =
                Legend.init (
                    Orientation = StyleParam.Orientation.Horizontal,
                    X = 0.0,
                    Y = 0.0,
                    YAnchor = StyleParam.YAnchorPosition.Bottom,
                    YRef = "container"
                )
        )

    layout.SetProperty("bargap", 0.0)

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
                  YAnchor = StyleParam.YAnchorPosition.Bottom,
                  ShowArrow = false
              ) ]

    layout.SetProperty("annotations", notes)
    let traces = [ for i, panel in List.indexed panels do for trace in panel.Traces -> trace (i + 1) ]
    let height = int inside + (if legend then 44 else 8)
    Picture(title, height, traces |> GenericChart.ofTraceObjects false |> GenericChart.setLayout layout)
