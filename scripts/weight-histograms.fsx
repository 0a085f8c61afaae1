// Draws Figure 2 of the paper from a run's record: how one layer's weights spread as phases begin and end.
//   dotnet fsi scripts/weight-histograms.fsx RUN/dsd/events.jsonl fc1.weight figure.svg
#load "dsd.fsx"

open System
open System.IO
open Dsd.Records

let events, layer, output =
    match fsi.CommandLineArgs |> Array.toList with
    | [ _; events; layer; output ] -> events, layer, output
    | _ ->
        eprintfn "usage: dotnet fsi scripts/weight-histograms.fsx RUN/dsd/events.jsonl LAYER OUT.svg"
        exit 2

let record =
    try
        RunRecord.Fold(EventLog.Read events)
    with :? Dsd.DsdException as e ->
        eprintfn "%s" e.Message
        exit 2

/// Title and histogram of each boundary: the end of the first phase, then start and end of each that follows.
let panels =
    [ for phase in record.Phases do
          if phase.Start.Phase > 0 then
              let what = if phase.Masks.Count > 0 then "just pruned" else "zeros set free"
              phase.Start.Name + ": " + what, phase.Start.Histograms

          if not (isNull phase.End) then
              phase.Start.Name + ": trained", phase.End.Histograms ]
    |> List.choose (fun (title, all) ->
        all |> Seq.tryFind (fun h -> h.Parameter = layer) |> Option.map (fun h -> title, h))

if panels.IsEmpty then
    eprintfn "%s holds no histogram of %s" events layer
    exit 2

let invariant (x: float) = x.ToString("0.##", Globalization.CultureInfo.InvariantCulture)
let whole (n: int64) = n.ToString("N0", Globalization.CultureInfo.InvariantCulture)
let width, height, gap = 190.0, 150.0, 14.0
/// Weights per unit of width, so that panels with other bins can be compared.
let density (h: WeightHistogram) bin = float h.Counts[bin] / (h.Edge 1 - h.Edge 0)

/// The smallest half-width around zero that holds all but one weight in two hundred.
let reach (h: WeightHistogram) =
    let mid, all = h.Counts.Count / 2, Seq.sum h.Counts
    let within k = Seq.sum (seq { for b in mid - k .. mid + k -> h.Counts[b] })
    h.Edge(mid + 1 + Seq.find (fun k -> k = mid || within k * 200L >= all * 199L) (seq { 0..mid }))

let range = panels |> List.map (snd >> reach) |> List.max

/// Bars higher than twice the first panel's are cut off: reborn weights stand in a spike at zero.
let top =
    let _, first = panels.Head
    2.0 * Seq.max (seq { for b in 0 .. first.Counts.Count - 1 -> density first b })

let draw i (title: string, h: WeightHistogram) =
    let left = gap + float i * (width + gap)
    let x value = left + width * (value + range) / (2.0 * range)

    [ $"<text x='{invariant (left + width / 2.0)}' y='24' class='title'>{Security.SecurityElement.Escape title}</text>"
      for b in 0 .. h.Counts.Count - 1 do
          let tall = height * min 1.0 (density h b / top)

          if tall > 0.0 && abs (h.Edge b + h.Edge(b + 1)) < 2.0 * range then
              $"<rect x='{invariant (x (h.Edge b))}' y='{invariant (40.0 + height - tall)}' width='{invariant (x (h.Edge 1) - x (h.Edge 0) + 0.2)}' height='{invariant tall}' fill='#0072B2'/>"
      $"<path d='M{invariant left} {invariant (40.0 + height)}h{invariant width}' stroke='#888'/>"
      for value in [ -range / 2.0; 0.0; range / 2.0 ] do
          $"<text x='{invariant (x value)}' y='{invariant (56.0 + height)}' class='tick'>{invariant value}</text>"
      for b in 0 .. h.Counts.Count - 1 do
          if density h b > top then
              $"<text x='{invariant (x (h.Edge(b + 1)) + 4.0)}' y='52' class='cut'>{whole h.Counts[b]} in one bar</text>"
      if h.Zeros > 0L then
          $"<path d='M{invariant (x 0.0)} {invariant (40.0 + height)}v-{invariant height}' stroke='#D55E00' stroke-width='2.5'/>"
          $"<text x='{invariant (x 0.0 + 6.0)}' y='52' class='zeros'>{whole h.Zeros} zeros</text>" ]

let total = gap + float panels.Length * (width + gap)

let caption =
    Security.SecurityElement.Escape
        $"Weights of {layer} ({record.Start.Model} on {record.Start.Data}, seed {record.Start.Seed})"

let lines =
    [ $"<svg xmlns='http://www.w3.org/2000/svg' width='{invariant total}' height='{invariant (height + 92.0)}' viewBox='0 0 {invariant total} {invariant (height + 92.0)}'>"
      "<style>text{font:12px sans-serif;fill:#333;text-anchor:middle}.tick{font-size:10px;fill:#666}.cut,.zeros{fill:#0072B2;text-anchor:start}.zeros{fill:#D55E00}</style>"
      "<rect width='100%' height='100%' fill='#fff'/>"
      yield! panels |> List.mapi draw |> List.concat
      $"<text x='{invariant (total / 2.0)}' y='{invariant (height + 80.0)}'>{caption}</text>"
      "</svg>" ]

try
    File.WriteAllLines(output, lines)
with
| :? IOException
| :? UnauthorizedAccessException as e ->
    eprintfn "%s" e.Message
    exit 2

printfn "%s" output
