/// The drawing area of a chart: axes, phase bands, notes and legend.
module internal Dsd.Charts.Axes

open System
open Plotly.NET
open Plotly.NET.LayoutObjects
open Dsd.Charts.Style

/// How an axis counts.
type Scale =
    | Linear
    /// Linear, with values below 0: texts are left to the library, which knows a 0 from its rounding errors.
    | Signed
    | Log
    | Percent

/// One axis: where it lies, what it counts, and which axis crosses it.
type Axis =
    {
        Title: string
        Scale: Scale
        /// From and to on the drawing area, each in [0, 1].
        Domain: float * float
        Range: (float * float) option
        /// Tick positions with their texts, in place of numbers.
        Names: (float * string) list
        /// Whether numbers and names stand beside it.
        Shown: bool
        Grid: bool
    }

let axis title =
    { Title = title
      Scale = Linear
      Domain = (0.0, 1.0)
      Range = None
      Names = []
      Shown = true
      Grid = true }

let private line = named "rgba(128,128,128,0.6)"
let private gridLine = named "rgba(128,128,128,0.22)"

let private toPlotly crossing (a: Axis) =
    let result =
        LinearAxis.init (
            Title = Title.init (Text = a.Title, Standoff = 8),
            AxisType = (if a.Scale = Log then StyleParam.AxisType.Log else StyleParam.AxisType.Linear),
            Domain = StyleParam.Range.ofMinMax a.Domain,
            Anchor = crossing,
            ShowGrid = a.Grid,
            GridColor = gridLine,
            ZeroLine = false,
            ShowLine = true,
            LineColor = line,
            Ticks = StyleParam.TickOptions.Outside,
            TickColor = line,
            ShowTickLabels = a.Shown,
            AutoMargin = StyleParam.TickAutoMargin.All
        )

    match a.Scale with
    | Percent -> result.SetProperty("tickformat", "~%")
    | Log -> result.SetProperty("tickformat", "~g")
    | Linear -> result.SetProperty("tickformat", ",~g")
    | Signed -> ()

    match a.Range with
    | Some(low, high) -> result.SetProperty("range", [| low; high |])
    | None -> ()

    if not a.Names.IsEmpty then
        result.SetProperty("tickmode", "array")
        result.SetProperty("tickvals", a.Names |> List.map fst)
        result.SetProperty("ticktext", a.Names |> List.map snd)

    result

/// A stretch of a horizontal axis that belongs to one phase.
type Band = { Name: string; From: float; To: float; Dense: bool }

let private shape x (low: float, high: float) (band: Band) =
    Shape.init (
        ShapeType = StyleParam.ShapeType.Rectangle,
        Xref = x,
        Yref = "paper",
        X0 = band.From,
        X1 = band.To,
        Y0 = low,
        Y1 = high,
        Layer = StyleParam.Layer.Below,
        FillColor = named (if band.Dense then "rgba(128,128,128,0.05)" else "rgba(31,131,201,0.16)"),
        Line = Line.init (Width = 0.5, Color = named "rgba(128,128,128,0.5)")
    )

/// A text at a place of the drawing area, in parts of its width and height.
let note x y (text: string) (anchor: StyleParam.XAnchorPosition) =
    Annotation.init (
        X = x,
        Y = y,
        XRef = "paper",
        YRef = "paper",
        XAnchor = anchor,
        YAnchor = StyleParam.YAnchorPosition.Bottom,
        ShowArrow = false,
        Text = text
    )

/// A text so many pixels higher than its place.
let raised (pixels: int) (text: Annotation) =
    text.SetProperty("yshift", pixels)
    text

/// The names of phases over their bands, which end at a height, as long as each band is wide.
let private titles high (bands: Band list) =
    match bands with
    | [] -> []
    | _ ->
        let left, right = bands.Head.From, (List.last bands).To

        [ for band in bands do
              let share = (band.To - band.From) / (right - left)
              let longest = int (share * 100.0)

              if longest >= 3 then
                  note
                      ((band.From + band.To - 2.0 * left) / 2.0 / (right - left))
                      (high + 0.01)
                      (label longest band.Name)
                      StyleParam.XAnchorPosition.Center ]

/// Everything of a chart but its traces.
type Frame =
    {
        /// The horizontal axes x, x2, … with the number of the vertical axis that crosses each.
        X: (Axis * int) list
        /// The vertical axes y, y2, … with the number of the horizontal axis that crosses each.
        Y: (Axis * int) list
        Bands: Band list
        Notes: Annotation list
        Legend: bool
    }

let private layout (frame: Frame) =
    let layout =
        Layout.init (
            AutoSize = true,
            ShowLegend = frame.Legend,
            Margin =
                Margin.init (
                    Left = 64,
                    Right = 24,
                    Top = (if frame.Bands.IsEmpty && frame.Notes.IsEmpty then 24 else 40),
                    Bottom = (if frame.Legend then 76 else 48)
                ),
            PaperBGColor = named "rgba(0,0,0,0)",
            PlotBGColor = named "rgba(0,0,0,0)",
            Font =
                Font.init (
                    Family = StyleParam.FontFamily.Custom "system-ui, sans-serif",
                    Size = 12.0,
                    Color = named "#777777"
                ),
            HoverMode = StyleParam.HoverMode.Closest,
            BarMode = StyleParam.BarMode.Relative,
            ModeBar =
                ModeBar.init (
                    BGColor = named "rgba(0,0,0,0)",
                    Color = named "rgba(128,128,128,0.6)",
                    ActiveColor = named "#808080"
                ),
            Shapes = (frame.Bands |> List.map (shape "x" (0.0, 1.0))),
            Annotations = titles 1.0 frame.Bands @ frame.Notes
        )

    layout.SetProperty(
        "legend",
        Legend.init (
            Orientation = StyleParam.Orientation.Horizontal,
            X = 0.0,
            XAnchor = StyleParam.XAnchorPosition.Left,
            Y = 0.0,
            YAnchor = StyleParam.YAnchorPosition.Bottom,
            YRef = "container",
            TraceOrder = StyleParam.TraceOrder.Normal
        )
    )

    let id letter i = if i = 1 then letter else letter + string i

    for i, (a, crossing) in List.indexed frame.X do
        layout.SetProperty(id "xaxis" (i + 1), toPlotly (StyleParam.LinearAxisId.Y crossing) a)

    for i, (a, crossing) in List.indexed frame.Y do
        layout.SetProperty(id "yaxis" (i + 1), toPlotly (StyleParam.LinearAxisId.X crossing) a)

    layout

/// The chart of traces in a frame.
let chart (frame: Frame) (traces: Trace list) =
    traces |> GenericChart.ofTraceObjects false |> GenericChart.setLayout (layout frame)

/// A chart with bands on the n-th of its horizontal axes, between two heights of the drawing area.
let banded n (low, high) (bands: Band list) (chart: GenericChart) =
    let axis = if n = 1 then "x" else $"x{n}"

    chart
    |> Chart.withShapes (bands |> List.map (shape axis (low, high)))
    |> Chart.withAnnotations (titles high bands)

/// A drawing area without axes that says why there is nothing on it.
let nothing (words: string) =
    let frame =
        { X = []
          Y = []
          Bands = []
          Notes = [ note 0.5 0.5 words StyleParam.XAnchorPosition.Center ]
          Legend = false }

    chart frame []
    |> GenericChart.mapLayout (fun layout ->
        layout.SetProperty("xaxis", LinearAxis.init (Visible = false))
        layout.SetProperty("yaxis", LinearAxis.init (Visible = false))
        layout)

/// Ticks of a logarithmic axis: powers of ten, and 2 and 5 times them where there are few.
let logTicks low high =
    let decades = [ floor (log10 low) .. ceil (log10 high) ]
    let factors = if decades.Length > 4 then [ 1.0 ] else [ 1.0; 2.0; 5.0 ]

    [ for decade in decades do
          for factor in factors do
              let value = factor * 10.0 ** decade

              if value >= low * 0.999 && value <= high * 1.001 then
                  value, number value ]
