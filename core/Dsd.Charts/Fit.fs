/// Text sizes, and the placement of texts without overlap.
module internal Dsd.Charts.Fit

open System
open System.Globalization

/// The widths, in pixels, for which charts are laid out: a phone or half a window, and a whole window.
let narrow, wide = 420, 620

/// The height of a line of text, in pixels.
let line = 17.0

/// Estimates the width of a text in pixels, erring on the large side since the font of the page is unknown.
let pixels (text: string) =
    let elements = StringInfo.GetTextElementEnumerator text

    [ while elements.MoveNext() do
          // Signs of East Asia and pictures are as wide as they are high.
          if elements.GetTextElement()[0] < '\u2e80' then 7.0 else 13.0 ]
    |> List.sum

/// A text cut to a width in pixels, as Plotly shows it.
let cut (width: float) (text: string) =
    if pixels text <= width then
        Style.label Int32.MaxValue text
    else
        let mutable length = max 1 (int (width / 7.0))

        while length > 1
              && pixels (
                  StringInfo(text).SubstringByTextElements(0, min length (StringInfo(text).LengthInTextElements))
              )
                  >
                  width do
            length <- length - 1

        Style.label length text

/// A text cut in its middle to a width in pixels: of parameters' names the ends tell most.
let cutMiddle (width: float) (text: string) =
    let elements = StringInfo(text.ReplaceLineEndings " ")
    let count, longest = elements.LengthInTextElements, int (width / 7.0)

    if pixels text <= width || count <= longest || longest < 8 then
        cut width text
    else
        let start = longest * 2 / 5
        let finish = longest - start - 1

        Style.label
            Int32.MaxValue
            $"{elements.SubstringByTextElements(0, start)}…{elements.SubstringByTextElements(count - finish)}"

/// The lines of a text that is broken between words to stay within a width in pixels, as Plotly shows them; longer words are cut.
let wrap (width: float) (text: string) =
    let add (lines: string list) word =
        match lines with
        | current :: before when pixels $"{current} {word}" <= width -> $"{current} {word}" :: before
        | _ -> word :: lines

    text.Split([| ' '; '\n'; '\r' |], StringSplitOptions.RemoveEmptyEntries)
    |> Array.fold add []
    |> List.rev
    |> List.map (cut width)

/// Lines as one text of Plotly.
let joined (lines: string list) = String.concat "<br>" lines

/// A placed text: the pixel of its centre, its row (0 is nearest to its target), and the text as shown.
type Placed = { Middle: float; Row: int; Shown: string }

let private most = 3

/// Places names over intervals of an axis, given its width in pixels, in as few rows as possible and at most three; names that do not fit are omitted.
let inRows (width: float) (stretches: (float * float * string) list) =
    let ends = Array.create most Double.NegativeInfinity
    let gap, over = 8.0, 18.0

    [ for from, until, name in stretches do
          let wanted = pixels name

          let place size =
              let middle = (from + until) / 2.0 |> max (size / 2.0 - over) |> min (width + over - size / 2.0)

              [ 0 .. most - 1 ]
              |> List.tryFind (fun row -> middle - size / 2.0 >= ends[row] + gap)
              |> Option.map (fun row -> middle, row, size)

          // Names longer than the axis are cut to their interval.
          match
              (if wanted <= width then place wanted else None)
              |> Option.orElseWith (fun () -> place (min wanted (until - from - gap)))
          with
          | Some(middle, row, size) when size >= 21.0 ->
              ends[row] <- middle + size / 2.0
              { Middle = middle; Row = row; Shown = cut size name }
          | _ -> () ]

/// The number of rows of placed names.
let rows (placed: Placed list) = placed |> List.fold (fun most p -> max most (p.Row + 1)) 0

/// The number of rows of a legend: one, or as many as columns of the longest name's width require.
let legendRows (width: float) (names: string list) =
    let sizes = [ for name in names -> 46.0 + pixels name ]

    if names.IsEmpty then
        0
    elif List.sum sizes <= width then
        1
    else
        let columns = max 1 (int (width / List.max sizes))
        (names.Length + columns - 1) / columns
