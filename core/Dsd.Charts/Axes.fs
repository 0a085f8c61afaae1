/// Axes of charts: their scales, tick labels and category names.
module internal Dsd.Charts.Axes

open Plotly.NET
open Plotly.NET.LayoutObjects
open Dsd.Charts.Style

/// The scale of an axis.
type Scale =
    | Linear
    | Log
    | Percent

/// One axis: its position, scale, title and crossing axis.
type Axis =
    {
        Title: string
        Scale: Scale
        /// The start and end on the drawing area, each in [0, 1].
        Domain: float * float
        Range: (float * float) option
        /// Tick positions with labels, instead of numbers.
        Names: (float * string) list
        /// Positions of unlabelled ticks.
        Between: float list
        /// True if tick labels are shown.
        Shown: bool
        Grid: bool
        /// True if the tick labels of a horizontal axis are vertical.
        Turned: bool
    }

let axis title =
    { Title = title
      Scale = Linear
      Domain = (0.0, 1.0)
      Range = None
      Names = []
      Between = []
      Shown = true
      Grid = true
      Turned = false }

/// Creates a logarithmic axis with ticks from a lower to an upper value, for a length in pixels.
let logarithmic title low high pixels =
    let at = Ticks.at low high pixels

    { axis title with
        Scale = Log
        Names = List.zip at (Ticks.texts at)
        Between = Ticks.between low high pixels }

/// Puts names on a horizontal axis, given the width in pixels for each: wrapped where they fit, else vertical and thinned out to those that fit.
let spread (slot: float) (places: (float * string) list) (a: Axis) =
    let words =
        [ for _, name in places do
              yield! name.Split([| ' '; '\n'; '\r' |]) ]

    if words |> List.forall (fun word -> Fit.pixels word <= slot - 8.0) then
        { a with
            Names = [ for at, name in places -> at, Fit.joined (Fit.wrap (slot - 8.0) name) ] }
    else
        let every = max 1 (int (ceil (18.0 / max 1e-3 slot)))

        { a with
            Turned = true
            Names =
                [ for i, (at, name) in List.indexed places do
                      if i % every = 0 then
                          at, Fit.cut 150.0 name ] }

let private lineColour = named "rgba(128,128,128,0.6)"
let private gridLine = named "rgba(128,128,128,0.22)"

let toPlotly crossing (a: Axis) =
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
            LineColor = lineColour,
            Ticks = StyleParam.TickOptions.Outside,
            TickColor = lineColour,
            ShowTickLabels = a.Shown,
            AutoMargin = StyleParam.TickAutoMargin.All
        )

    match a.Scale with
    | Percent -> result.SetProperty("tickformat", "~%")
    | Linear ->
        // Plotly writes all numbers of an axis with the same power of ten, and detects zeros despite rounding errors.
        result.SetProperty("exponentformat", "power")
        result.SetProperty("minexponent", 5)
        result.SetProperty("separatethousands", true)
    | Log -> ()

    match a.Range with
    | Some(low, high) -> result.SetProperty("range", [| low; high |])
    | None -> ()

    if not a.Names.IsEmpty then
        result.SetProperty("tickmode", "array")
        result.SetProperty("tickvals", a.Names |> List.map fst)
        result.SetProperty("ticktext", a.Names |> List.map snd)
        result.SetProperty("tickangle", (if a.Turned then -90 else 0))

    if not a.Between.IsEmpty then
        result.SetProperty(
            "minor",
            dict
                [ "tickmode", box "array"
                  "tickvals", box a.Between
                  "ticks", box "outside"
                  "ticklen", box 3
                  "tickcolor", box "rgba(128,128,128,0.6)" ]
        )

    result
