/// Lines with intervals and bars, as functions of the number of the panel's axes.
module Marks

#load "../../../scripts/dsd.fsx"

open Plotly.NET
open Plotly.NET.TraceObjects

/// Colours after Okabe and Ito, as in the library's charts.
let private palette =
    [| "#1f83c9"; "#d55e00"; "#009e73"; "#c4699c"; "#b67d00"; "#808080" |] |> Array.map Color.fromString

let private means
    mode
    (symbol: StyleParam.MarkerSymbol)
    colour
    name
    (points: (float * float * float * float) list)
    isInLegend
    axes
    : Trace =
    Trace2D.initScatter (
        Trace2DStyle.Scatter(
            Mode = mode,
            X = [ for x, _, _, _ in points -> x ],
            Y = [ for _, mean, _, _ in points -> mean ],
            Name = name,
            LegendGroup = name,
            ShowLegend = isInLegend,
            Line = Line.init (Color = palette[colour], Width = 2.0),
            Marker = Marker.init (Color = palette[colour], Size = 7, Symbol = symbol),
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

/// A line through means with intervals: the place, the mean, and the lower and the upper end of each.
let line colour = means StyleParam.Mode.Lines_Markers StyleParam.MarkerSymbol.Circle colour

/// Means with intervals, without a line between them.
let dots colour = means StyleParam.Mode.Markers StyleParam.MarkerSymbol.Circle colour

/// The same as open circles.
let openDots colour =
    means
        StyleParam.Mode.Markers
        (StyleParam.MarkerSymbol.Modified(StyleParam.MarkerSymbol.Circle, StyleParam.SymbolStyle.Open))
        colour

/// A line through means, with a band from the lower to the upper ends of their intervals.
let banded colour name (points: (float * float * float * float) list) isInLegend : (int -> Trace) list =
    let mean (axes: int) : Trace =
        Trace2D.initScatter (
            Trace2DStyle.Scatter(
                Mode = StyleParam.Mode.Lines_Markers,
                X = [ for x, _, _, _ in points -> x ],
                Y = [ for _, mean, _, _ in points -> mean ],
                Name = name,
                LegendGroup = name,
                ShowLegend = isInLegend,
                Line = Line.init (Color = palette[colour], Width = 2.0),
                Marker = Marker.init (Color = palette[colour], Size = 6),
                XAxis = StyleParam.LinearAxisId.X axes,
                YAxis = StyleParam.LinearAxisId.Y axes
            )
        )

    let band (axes: int) : Trace =
        Trace2D.initScatter (
            Trace2DStyle.Scatter(
                Mode = StyleParam.Mode.Lines,
                X = [ for x, _, _, _ in points @ List.rev points -> x ],
                Y = [ for _, _, _, high in points -> high ] @ [ for _, _, low, _ in List.rev points -> low ],
                Fill = StyleParam.Fill.ToSelf,
                FillColor = palette[colour],
                Opacity = 0.2,
                ShowLegend = false,
                Line = Line.init (Width = 0.0),
                XAxis = StyleParam.LinearAxisId.X axes,
                YAxis = StyleParam.LinearAxisId.Y axes
            )
        )

    [ band; mean ]

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
