/// The distribution of one layer's weights at the start and end of phases: Figure 2 of the paper.
module internal Dsd.Charts.Weights

open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Schedules

/// A moment at which weights were counted: the phase, the event and the histograms.
type private Moment = { Phase: string; What: string; Histograms: WeightHistogram seq }

/// The end of the first phase, then the start and end of each following phase that the run reached.
let private moments (record: RunRecord) =
    [ for phase in record.Phases do
          if phase.Start.Phase > 0 then
              let before = record.Phases[phase.Start.Phase - 1]

              { Phase = phase.Start.Name
                What =
                  (if phase.Masks.Count > 0 then "just pruned"
                   elif before.Masks.Count > 0 then "mask lifted"
                   else "start")
                Histograms = phase.Start.Histograms }

          match phase.End with
          | null -> ()
          | finish -> { Phase = phase.Start.Name; What = "trained"; Histograms = finish.Histograms } ]

/// Weights per unit of width, so that histograms with different bins are comparable.
let density (h: WeightHistogram) bin = if h.Range > 0.0 then float h.Counts[bin] / (h.Edge 1 - h.Edge 0) else 0.0

/// The centre of each bin.
let centres (h: WeightHistogram) = [ for bin in 0 .. h.Counts.Count - 1 -> (h.Edge bin + h.Edge(bin + 1)) / 2.0 ]

/// The smallest half-width around zero that holds 99.5 % of the weights.
let reach (h: WeightHistogram) =
    let mid, all = h.Counts.Count / 2, Seq.sum h.Counts

    let within k = Seq.sum (seq { for b in mid - k .. mid + k -> h.Counts[b] })

    h.Edge(mid + 1 + Seq.find (fun k -> k = mid || within k * 200L >= all * 199L) (seq { 0..mid }))

/// Panels per row: the five of one round, or three on narrow pages.
let private perRow width = if width < Fit.wide then 3 else 5

/// The largest number of panels; of more, the first round and the last two are drawn.
let private first, most = 5, 15

/// Formats a count of weights for a width in pixels: in millions if not all digits fit; the hover text has them.
let private counted width (weights: int64) =
    if Fit.pixels (whole weights) <= width then
        whole weights
    else
        (float weights / 1e6).ToString("#,0.#", System.Globalization.CultureInfo.InvariantCulture) + " M"

/// Draws the panels of one layer.
let ofLayer (record: RunRecord) (parameter: string) =
    let moments = moments record
    let names = moments |> List.collect (fun m -> [ for h in m.Histograms -> h.Parameter ]) |> List.distinct

    // A layer's name stands for its first weight tensor, as it does in a schedule's rules.
    let tensor =
        names
        |> List.tryFind ((=) parameter)
        |> Option.orElse (names |> List.tryFind _.StartsWith(parameter + "."))
        |> Option.defaultValue parameter

    let all =
        moments
        |> List.choose (fun m ->
            m.Histograms |> Seq.tryFind (fun h -> h.Parameter = tensor) |> Option.map (fun h -> m, h))

    let panels =
        if all.Length <= most then
            all
        else
            List.take first all @ List.skip (all.Length - (most - first)) all

    let count = panels.Length

    let range =
        match
            [ for _, h in panels do
                  if h.Range > 0.0 then
                      reach h ]
        with
        | [] -> 1.0
        | reaches -> List.max reaches

    // A spike of zeros or of regrown weights is cut off at twice the height of the first panel.
    let top =
        match panels with
        | (_, h) :: _ -> 2.0 * List.max [ for bin in 0 .. h.Counts.Count - 1 -> density h bin ]
        | [] -> 1.0

    let top = if top > 0.0 then top else 1.0

    let traces =
        [ for i, (m, h) in List.indexed panels do
              let v = StyleParam.Orientation.Vertical
              let width = if h.Range > 0.0 then h.Edge 1 - h.Edge 0 else range / 50.0
              let heights = [ for bin in 0 .. h.Counts.Count - 1 -> min (density h bin) (1.2 * top) ]

              let hover =
                  [ for bin in 0 .. h.Counts.Count - 1 ->
                        $"{number (h.Edge bin)} to {number (h.Edge(bin + 1))}<br>{whole h.Counts[bin]} weights" ]

              if h.Range > 0.0 then
                  bars v (i + 1, i + 1) "" (colour 0) width hover [] (centres h) heights

              if h.Zeros > 0L then
                  bars
                      v
                      (i + 1, i + 1)
                      ""
                      reborn
                      (range / 40.0)
                      [ $"{whole h.Zeros} weights are exactly zero" ]
                      []
                      [ 0.0 ]
                      [ min (float h.Zeros / width) (1.2 * top) ] ]

    let layout width =
        let perRow = perRow width
        let rowCount = max 1 ((count + perRow - 1) / perRow)
        // Three lines of text are above each panel, and the tick labels of its axis below.
        let above, high, below = 3.0 * Fit.line + 6.0, 110.0, 34.0
        let each = above + high + below
        let inside = each * float rowCount
        let across = 1.0 / float perRow
        let pixels = across * inner width []

        let place i =
            let row, column = i / perRow, i % perRow
            let top = each * float row + above

            (float column * across + 0.012, float (column + 1) * across - 0.012),
            (max 0.0 (1.0 - (top + high) / inside), 1.0 - top / inside)

        let notes =
            [ for i, (m, h) in List.indexed panels do
                  let (left, right), (_, high) = place i
                  let middle = (left + right) / 2.0

                  let zeros =
                      if h.Zeros > 0L then
                          $"<span style='color:{reborn}'>{counted (pixels - 46.0) h.Zeros} zeros</span>"
                      else
                          ""

                  note
                      middle
                      high
                      $"<b>{Fit.cut (0.9 * pixels - 8.0) m.Phase}</b><br>{m.What}<br>{zeros}"
                      StyleParam.XAnchorPosition.Center ]

        { frame width inside with
            X =
                [ for i in 0 .. count - 1 ->
                      { axis "" with
                          Domain = fst (place i)
                          Range = Some(-range, range)
                          Names =
                              (let tick = float (sprintf "%.1g" (range * 0.7))
                               [ -tick, number -tick; tick, number tick ])
                          Between = [ 0.0 ]
                          Grid = false },
                      i + 1 ]
            Y =
                [ for i in 0 .. count - 1 ->
                      { axis (if i % perRow = 0 then "weights per unit" else "") with
                          Domain = snd (place i)
                          Range = Some(0.0, top)
                          Shown = false
                          Grid = false },
                      i + 1 ]
            Notes = notes
            BarMode = StyleParam.BarMode.Overlay }

    let title, subtitle = $"Weights of {tensor}", Origin.ofRuns [ record ]

    if panels.IsEmpty then
        let known =
            if names.IsEmpty then
                ""
            else
                "; it has " + String.concat ", " (List.truncate 6 names)

        nothing title subtitle ($"the record holds no histogram of {parameter}" + known)
    else
        picture title subtitle layout traces
