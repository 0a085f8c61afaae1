/// What all charts have in common: colours, and how names and numbers are written.
module internal Dsd.Charts.Style

open System
open System.Globalization
open Plotly.NET

/// Colours after Okabe and Ito (2008), told apart by colour-blind readers; shades with contrast of 3 or more on white and on #1e1e1e.
let palette = [| "#1f83c9"; "#d55e00"; "#009e73"; "#c4699c"; "#b67d00"; "#808080" |]

let kept = palette[0]
let pruned = "rgba(128,128,128,0.35)"
let reborn = palette[1]

/// The colour of the n-th of several things; after six the colours begin again.
let colour n = palette[n % palette.Length]

/// A colour as Plotly takes it.
let named (name: string) = Color.fromString name

/// A text as Plotly shows it: what it would take for HTML is escaped, and what is too long ends in an ellipsis, of which at least that is left.
let label longest (text: string) =
    let elements = StringInfo text
    let longest = max 1 longest

    let short =
        if elements.LengthInTextElements <= longest then
            text
        else
            elements.SubstringByTextElements(0, longest - 1) + "…"

    short.ReplaceLineEndings(" ").Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

/// A number for people, the same in every culture: up to four significant digits.
let number (value: float) =
    if value <> 0.0 && abs value < 1e-3 then
        value.ToString("0.###e-0", CultureInfo.InvariantCulture)
    else
        value.ToString("#,0.####", CultureInfo.InvariantCulture)
    |> fun text -> text.Replace('-', '−')

let whole (value: int64) = value.ToString("#,0", CultureInfo.InvariantCulture)

let percent (fraction: float) = (100.0 * fraction).ToString("0.##", CultureInfo.InvariantCulture) + " %"

/// Whether a number can be drawn: neither infinite nor so large that an axis around it would be, nor no number at all.
let fits (value: float) = abs value < 1e300

/// The phases of a run that came to their end, each with that end.
let ended (record: Dsd.Records.RunRecord) =
    [ for phase in record.Phases do
          match phase.End with
          | null -> ()
          | finish -> phase, finish ]

/// The runs that began, each with its beginning.
let begun (runs: Dsd.Records.RunRecord seq) =
    [ for run in runs do
          match run.Start with
          | null -> ()
          | start -> start, run ]

/// The weight tensors that a run pruned at some time, with the counts of the first time, in the model's order.
let prunedLayers (record: Dsd.Records.RunRecord) =
    [ for phase in record.Phases do
          for mask in phase.Masks do
              yield! mask.Layers ]
    |> List.distinctBy _.Parameter

/// A metric's value in a measurement that can be drawn: one that was made, and is a finite number.
let drawable (metric: Dsd.Records.Metric) (measured: Dsd.Records.Evaluated | null) =
    metric.In measured |> Option.ofNullable |> Option.filter Double.IsFinite

/// A value of a metric as Plotly takes it: units are anybody's text.
let shown (metric: Dsd.Records.Metric) (value: float) = label 40 (metric.Show value)
