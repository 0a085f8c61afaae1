/// The drawing area of a chart: axes, phase bands, notes and legend, laid out for a width.
[<AutoOpen>]
module internal Dsd.Charts.Frames

open Plotly.NET
open Plotly.NET.LayoutObjects
open Dsd.Charts.Style
open Dsd.Charts.Axes

/// The interval of a horizontal axis that belongs to one phase.
type Band = { Name: string; From: float; To: float; Dense: bool }

/// Phase bands on the n-th horizontal axis, between two heights of the drawing area.
type Banded = { Axis: int; Heights: float * float; Bands: Band list }

let private shape (banded: Banded) (band: Band) =
    Shape.init (
        ShapeType = StyleParam.ShapeType.Rectangle,
        Xref = (if banded.Axis = 1 then "x" else $"x{banded.Axis}"),
        Yref = "paper",
        X0 = band.From,
        X1 = band.To,
        Y0 = fst banded.Heights,
        Y1 = snd banded.Heights,
        Layer = StyleParam.Layer.Below,
        FillColor = named (if band.Dense then "rgba(128,128,128,0.05)" else "rgba(31,131,201,0.16)"),
        Line = Line.init (Width = 0.5, Color = named "rgba(128,128,128,0.5)")
    )

/// A text at a position on the drawing area, in fractions of its width and height.
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

/// Shifts a text up by a number of pixels.
let raised (pixels: float) (text: Annotation) =
    text.SetProperty("yshift", pixels)
    text

/// The width in pixels of the drawing area of a chart whose vertical axis has names.
let inner width (names: string list) =
    float width - 24.0 - (names |> List.fold (fun most n -> max most (Fit.pixels n + 16.0)) 64.0)

/// Places the names of phases above their bands, given the width of the axis in pixels.
let titles (width: float) (bands: Band list) =
    match bands with
    | [] -> []
    | _ ->
        let left, right = bands.Head.From, (List.last bands).To
        let at value = (value - left) / (right - left) * width
        Fit.inRows width [ for band in bands -> at band.From, at band.To, band.Name ]

/// The layout of a chart, without its traces.
type Frame =
    {
        /// The target width and the height of the drawing area, in pixels.
        Width: int
        Inside: float
        /// The horizontal axes x, x2, … with the number of the vertical axis that crosses each.
        X: (Axis * int) list
        /// The vertical axes y, y2, … with the number of the horizontal axis that crosses each.
        Y: (Axis * int) list
        Bands: Banded list
        Notes: Annotation list
        /// The number of text lines above the drawing area, in addition to the names of phases.
        Head: int
        Legend: bool
        BarMode: StyleParam.BarMode
    }

let frame width inside =
    { Width = width
      Inside = inside
      X = []
      Y = []
      Bands = []
      Notes = []
      Head = 0
      Legend = false
      BarMode = StyleParam.BarMode.Relative }

/// The width of the drawing area of a frame, in pixels.
let private areaOf (frame: Frame) =
    inner
        frame.Width
        [ for a, _ in frame.Y do
              if a.Shown then
                  for _, name in a.Names -> name ]

/// The height below the drawing area, in pixels: tick labels and axis title.
let private below (a: Axis) =
    let texts = if a.Shown then [ for _, name in a.Names -> name.Split "<br>" ] else []

    let ticks =
        if a.Turned then
            10.0
            + (texts |> List.fold (fun most lines -> max most (lines |> Array.map Fit.pixels |> Array.max)) 0.0)
        else
            10.0 + Fit.line * (texts |> List.fold (fun most lines -> max most (float lines.Length)) 1.0)

    ticks
    + (if a.Title = "" then
           0.0
       else
           6.0 + Fit.line * float (a.Title.Split "<br>").Length)

let private margins (names: string list) (frame: Frame) =
    let width = areaOf frame

    let titled =
        [ for b in frame.Bands do
              if snd b.Heights = 1.0 then
                  Fit.rows (titles width b.Bands) ]

    let top = 12.0 + Fit.line * float (frame.Head + List.fold max 0 titled)

    let legend = if frame.Legend then 14.0 + 19.0 * float (Fit.legendRows width names) else 0.0

    let lowest =
        frame.X |> List.filter (fun (a, _) -> a.Shown) |> List.map (fst >> below) |> List.fold max 12.0

    top, lowest + legend

let private layout (names: string list) (frame: Frame) =
    let width = areaOf frame
    let top, bottom = margins names frame

    let phases =
        [ for banded in frame.Bands do
              for placed in titles width banded.Bands do
                  note (placed.Middle / width) (snd banded.Heights) placed.Shown StyleParam.XAnchorPosition.Center
                  |> raised (Fit.line * float placed.Row) ]

    let layout =
        Layout.init (
            AutoSize = true,
            ShowLegend = frame.Legend,
            Margin = Margin.init (Left = 64, Right = 24, Top = int top, Bottom = int bottom),
            PaperBGColor = named "rgba(0,0,0,0)",
            PlotBGColor = named "rgba(0,0,0,0)",
            Font =
                Font.init (
                    Family = StyleParam.FontFamily.Custom "system-ui, sans-serif",
                    Size = 12.0,
                    Color = named "#777777"
                ),
            HoverMode = StyleParam.HoverMode.Closest,
            BarMode = frame.BarMode,
            ModeBar =
                ModeBar.init (
                    BGColor = named "rgba(0,0,0,0)",
                    Color = named "rgba(128,128,128,0.6)",
                    ActiveColor = named "#808080"
                ),
            Shapes =
                [ for banded in frame.Bands do
                      yield! List.map (shape banded) banded.Bands ],
            Annotations = phases @ frame.Notes
        )

    layout.SetProperty("bargap", 0.0)
    // A text that does not fit into its bar is hidden.
    layout.SetProperty("uniformtext", dict [ "minsize", box 11; "mode", box "hide" ])

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

/// Creates a picture of traces, with a frame for each width.
let picture title subtitle (frame: int -> Frame) (traces: Trace list) =
    let names =
        [ for trace in traces do
              match
                  trace.TryGetTypedPropertyValue<string> "name", trace.TryGetTypedPropertyValue<bool> "showlegend"
              with
              | Some name, shown when name <> "" && shown <> Some false -> name
              | _ -> () ]

    let height (frame: Frame) =
        let top, bottom = margins names frame
        int (top + frame.Inside + bottom)

    let wide, narrow = frame Fit.wide, frame Fit.narrow

    Picture(
        title,
        subtitle,
        height wide,
        traces |> GenericChart.ofTraceObjects false |> GenericChart.setLayout (layout names wide),
        Some(height narrow, layout names narrow)
    )

/// Creates a picture without axes that says why it is empty.
let nothing title subtitle (words: string) =
    let empty width =
        { frame width 160.0 with
            Notes =
                [ note 0.5 0.5 (Fit.wrap (float width - 100.0) words |> Fit.joined) StyleParam.XAnchorPosition.Center ] }

    let hidden (layout: Layout) =
        layout.SetProperty("xaxis", LinearAxis.init (Visible = false))
        layout.SetProperty("yaxis", LinearAxis.init (Visible = false))
        layout

    Picture(
        title,
        subtitle,
        200,
        []
        |> GenericChart.ofTraceObjects false
        |> GenericChart.setLayout (hidden (layout [] (empty Fit.wide))),
        Some(200, hidden (layout [] (empty Fit.narrow)))
    )
