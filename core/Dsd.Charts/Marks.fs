/// Traces: lines, points and bars.
module internal Dsd.Charts.Marks

open System
open Plotly.NET
open Plotly.NET.TraceObjects
open Dsd.Charts.Style

/// The style of a line.
type Stroke = { Colour: string; Width: float; Dash: StyleParam.DrawingStyle; Opacity: float }

let stroke colour =
    { Colour = colour
      Width = 2.0
      Dash = StyleParam.DrawingStyle.Solid
      Opacity = 1.0 }

/// Creates a line through points on axes numbered x and y; a non-empty name adds it to the legend.
let points mode (x: int, y: int) name (s: Stroke) (hover: string list) (xy: (float * float) list) : Trace =
    let legend = not (String.IsNullOrEmpty name)

    Trace2D.initScatter (
        Trace2DStyle.Scatter(
            Mode = mode,
            X = (xy |> List.map fst),
            Y = (xy |> List.map snd),
            Name = name,
            ShowLegend = legend,
            Opacity = s.Opacity,
            Line = Line.init (Color = named s.Colour, Width = s.Width, Dash = s.Dash),
            Marker = Marker.init (Color = named s.Colour, Size = 8),
            MultiHoverText = hover,
            HoverInfo = (if hover.IsEmpty then StyleParam.HoverInfo.XY else StyleParam.HoverInfo.Text),
            XAxis = StyleParam.LinearAxisId.X x,
            YAxis = StyleParam.LinearAxisId.Y y
        )
    )

/// Creates an area between a lower and an upper edge, which have the same horizontal positions.
let area (x: int, y: int) (s: Stroke) (lower: (float * float) list) (upper: (float * float) list) : Trace =
    let edge = lower @ List.rev upper

    Trace2D.initScatter (
        Trace2DStyle.Scatter(
            Mode = StyleParam.Mode.Lines,
            X = (edge |> List.map fst),
            Y = (edge |> List.map snd),
            ShowLegend = false,
            Opacity = s.Opacity,
            Fill = StyleParam.Fill.ToSelf,
            FillColor = named s.Colour,
            Line = Line.init (Color = named s.Colour, Width = 0.0),
            HoverInfo = StyleParam.HoverInfo.Skip,
            XAxis = StyleParam.LinearAxisId.X x,
            YAxis = StyleParam.LinearAxisId.Y y
        )
    )

/// Creates bars of given lengths at given positions; horizontal ones lie along x. A non-empty name adds them to the legend.
let bars
    orientation
    (x: int, y: int)
    name
    (fill: string)
    width
    (hover: string list)
    (texts: string list)
    (at: float list)
    (lengths: float list)
    : Trace =
    let horizontal = (orientation = StyleParam.Orientation.Horizontal)
    let legend = not (String.IsNullOrEmpty name)

    Trace2D.initBar (
        Trace2DStyle.Bar(
            X = (if horizontal then lengths else at),
            Y = (if horizontal then at else lengths),
            Orientation = orientation,
            Width = width,
            Name = name,
            ShowLegend = legend,
            Marker = Marker.init (Color = named fill, Outline = Line.init (Width = 0.0)),
            MultiText = texts,
            TextPosition = StyleParam.TextPosition.Inside,
            InsideTextAnchor = StyleParam.InsideTextAnchor.Start,
            TextAngle = 0.0,
            InsideTextFont = Font.init (Color = named "#ffffff"),
            MultiHoverText = hover,
            HoverInfo = (if hover.IsEmpty then StyleParam.HoverInfo.XY else StyleParam.HoverInfo.Text),
            XAxis = StyleParam.LinearAxisId.X x,
            YAxis = StyleParam.LinearAxisId.Y y
        )
    )

/// Replaces the markers of the points, each in its own colour.
let marker symbol size (fills: string list) (t: Trace) =
    let colours = fills |> List.map named |> Color.fromColors
    t.SetProperty("marker", Marker.init (Color = colours, Size = size, Symbol = symbol))
    t
