/// The common style of charts: colours, labels and number formats.
module internal Dsd.Charts.Style

open System
open System.Globalization
open Plotly.NET

/// Colours after Okabe and Ito (2008), distinguishable by colour-blind readers; shades have a contrast of at least 3 on white and on #1e1e1e.
let palette = [| "#1f83c9"; "#d55e00"; "#009e73"; "#c4699c"; "#b67d00"; "#808080" |]

let kept = palette[0]
let pruned = "rgba(128,128,128,0.35)"
let reborn = palette[1]

/// The colour of the n-th of several items; the six colours repeat.
let colour n = palette[n % palette.Length]

/// Converts a colour to Plotly's type.
let named (name: string) = Color.fromString name

/// Escapes HTML in a text for Plotly, and truncates a long text with an ellipsis.
let label longest (text: string) =
    let elements = StringInfo text
    let longest = max 1 longest

    let short =
        if elements.LengthInTextElements <= longest then
            text
        else
            elements.SubstringByTextElements(0, longest - 1) + "…"

    short.ReplaceLineEndings(" ").Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

/// Formats a number with up to four significant digits, independent of culture.
let number (value: float) =
    if value <> 0.0 && abs value < 1e-3 then
        value.ToString("0.###e-0", CultureInfo.InvariantCulture)
    else
        value.ToString("#,0.####", CultureInfo.InvariantCulture)
    |> fun text -> text.Replace('-', '−')

let whole (value: int64) = value.ToString("#,0", CultureInfo.InvariantCulture)

let percent (fraction: float) = (100.0 * fraction).ToString("0.##", CultureInfo.InvariantCulture) + " %"

/// True if a number can be drawn: it is finite, and small enough for an axis around it to be finite.
let fits (value: float) = abs value < 1e300

/// The completed phases of a run, each with its end.
let ended (record: Dsd.Records.RunRecord) =
    [ for phase in record.Phases do
          match phase.End with
          | null -> ()
          | finish -> phase, finish ]

/// The started runs, each with its start.
let begun (runs: Dsd.Records.RunRecord seq) =
    [ for run in runs do
          match run.Start with
          | null -> ()
          | start -> start, run ]

/// Where a run was computed: on a GPU threads do not matter, but its libraries do.
let device (start: Dsd.Records.TrainingEvent.RunStarted) =
    match start.Accelerator with
    | null -> $"""{start.Device}, {start.Threads} {if start.Threads = 1 then "thread" else "threads"}"""
    | gpu -> $"{start.Device}: {gpu}"

/// The weight tensors that a run pruned at any time, with the counts of the first time, in the model's order.
let prunedLayers (record: Dsd.Records.RunRecord) =
    [ for phase in record.Phases do
          for mask in phase.Masks do
              yield! mask.Layers ]
    |> List.distinctBy _.Parameter

/// The value of a metric in a measurement, if it was measured and is finite.
let drawable (metric: Dsd.Records.Metric) (measured: Dsd.Records.TrainingEvent.Evaluated | null) =
    metric.In measured |> Option.ofNullable |> Option.filter Double.IsFinite

/// Formats a value of a metric, escaped for Plotly since units are free text.
let shown (metric: Dsd.Records.Metric) (value: float) = label 40 (metric.Show value)
