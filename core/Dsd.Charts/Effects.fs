/// What a study found: the differences between its arms, seed by seed and over its variants.
module internal Dsd.Charts.Effects

open System
open System.Globalization
open System.Text.RegularExpressions
open Plotly.NET
open Dsd.Studies
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Charts.Differences

let private split (results: StudyResults) = if results.Split = Dsd.Records.DataSplit.Test then "test" else "validation"

/// The differences of a contrast at a place of an axis.
let private place at (results: StudyResults) (contrast: Contrast) =
    let group = if contrast.Group = "" then "" else $"{label 60 contrast.Group}<br>"
    let leftOut = if contrast.LeftOut = 0 then "" else $", {contrast.LeftOut} left out"

    let p =
        match Option.ofNullable contrast.AdjustedPValue with
        | Some p -> $"<br>p {label 10 (StudyTables.P p)} after correction"
        | None -> ""

    { At = at
      Told = $"{group}{label 30 contrast.First} − {label 30 contrast.Other}"
      Seeds = [ for struct (seed, d) in contrast.Pairs -> seed, d ]
      Mean =
        contrast.Difference
        |> Option.ofObj
        |> Option.map (fun d ->
            let half = d.Interval |> Option.ofNullable |> Option.map (fun struct (_, high) -> high - d.Differences.Mean)
            d.Differences.Mean, half)
      More = $"<br>pairs: {contrast.Pairs.Count}{leftOut}{p}" }

/// A text at the left end of a row, in the place of its marks.
let private inRow row x (anchor: StyleParam.XAnchorPosition) (words: string) =
    let text = note x 0.0 words anchor
    text.SetProperty("yref", "y")
    text.SetProperty("y", (row: float))
    text.SetProperty("yanchor", "middle")
    text

/// Rows of a picture: of several groups each has a row for its name.
let private rows (results: StudyResults) =
    let groups = results.Contrasts |> List.ofSeq |> List.groupBy _.Group

    [ for group, contrasts in groups do
          if groups.Length > 1 then
              Error group

          for contrast in contrasts do
              Ok contrast ]
    |> List.indexed

/// What an axis for many rows spans: where few rows reach far beyond all others, these are cut off, and their means are written.
let private extents metric (places: Place list) =
    let reach (low, high) = max -low high
    let all = extent metric places
    let each = places |> List.filter (fun p -> any metric [ p ]) |> List.map (fun p -> reach (extent metric [ p ])) |> List.sort

    if each.Length < 8 then
        all
    else
        let most = 1.3 * each[each.Length * 3 / 4]
        if reach all > 3.0 * most && most > 0.0 then max (fst all) -most, min (snd all) most else all

/// Every difference of a study in a row: one dot a seed, and their mean with its interval.
let paired (results: StudyResults) =
    let metric = results.Metric
    let rows = rows results
    let height = float rows.Length
    let places = [ for row, content in rows do match content with Ok c -> place (float row) results c | Error _ -> () ]
    let first = results.Plan.Study.Arms[0].Name
    let grouped = rows |> List.exists (fun (_, content) -> content.IsError)

    let least, most = extents metric places

    let better, worse = $"{label 20 first} better", $"{label 20 first} worse"
    let left, right = if metric.LowerIsBetter then better, worse else worse, better

    let frame =
        { X = [ { axis $"difference, {unit metric} on {split results}" with Range = Some(padded (least, most)) }, 1 ]
          Y =
            [ { axis "" with
                  Range = Some(height - 0.4, -0.6)
                  Names =
                      [ for row, content in rows do
                            match content with
                            | Ok c when grouped -> float row, $"− {label 22 c.Other}"
                            | Ok c -> float row, $"{label 18 c.First} − {label 18 c.Other}"
                            | Error _ -> () ]
                  Grid = false },
              1 ]
          Bands = []
          Notes =
            [ note 0.0 1.0 $"← {left}" StyleParam.XAnchorPosition.Left
              note 1.0 1.0 $"{right} →" StyleParam.XAnchorPosition.Right
              for row, content in rows do
                  match content with
                  | Error group -> inRow (float row) 0.0 StyleParam.XAnchorPosition.Left $"<b>{label 48 group}</b>"
                  | Ok c ->
                      match Option.ofObj c.Difference with
                      | None -> inRow (float row) 1.0 StyleParam.XAnchorPosition.Right "no pair yet"
                      | Some d ->
                          let mean = scale metric * d.Differences.Mean

                          if Double.IsFinite mean && (mean < least || mean > most) then
                              let words = metric.ShowDifference d.Differences.Mean

                              if mean < 0.0 then
                                  inRow (float row) 0.0 StyleParam.XAnchorPosition.Left $"← {words}"
                              else
                                  inRow (float row) 1.0 StyleParam.XAnchorPosition.Right $"{words} →" ]
          Legend = true }

    let drawn =
        if rows.IsEmpty then
            nothing "the study has one arm: there is nothing to compare"
        elif not (any metric places) then
            nothing "nothing was compared yet"
        else
            chart
                frame
                [ zero Flat (1, 1) -0.6 (height - 0.4)
                  seeds Flat (1, 1) metric { stroke (colour 0) with Opacity = 0.45 } 0.4 places
                  means Flat (1, 1) metric StyleParam.Mode.Markers (stroke (colour 1)) places ]

    Picture("Paired differences", 150 + (if rows.Length > 12 then 24 else 44) * rows.Length, drawn)

/// The words and the number that names end in, where all have the same words and different numbers.
let internal numbers (names: string list) =
    let read =
        [ for name in names do
              let m = Regex.Match(name, @"^(.*?)\s*([-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?)$", RegexOptions.CultureInvariant)

              if m.Success then
                  match Double.TryParse(m.Groups[2].Value, NumberStyles.Float, CultureInfo.InvariantCulture) with
                  | true, value when Double.IsFinite value -> m.Groups[1].Value, value
                  | _ -> () ]

    let words, values = List.unzip read

    if read.Length = names.Length && (List.distinct words).Length = 1 && (List.distinct values).Length = names.Length then
        Some(words.Head, values)
    else
        None

/// Whether values lie more evenly on a logarithmic axis than on a linear one.
let private isLog (values: float list) =
    let evenness (values: float list) =
        let sorted = List.sort values
        (sorted |> List.pairwise |> List.map (fun (a, b) -> b - a) |> List.min) / (List.last sorted - sorted.Head)

    values.Length > 2 && List.forall (fun v -> v > 0.0) values && evenness (List.map log10 values) > evenness values

/// Where groups lie on an axis, with the text of each.
type private Across =
    {
        At: float list
        Texts: string list
        Title: string
        Log: bool
        /// Whether the places are numbers, which a line may join.
        Numeric: bool
    }

let private across (groups: string list) =
    match numbers groups with
    | Some(words, values) ->
        let log = isLog values

        { At = (if log then List.map log10 values else values)
          Texts = [ for g in groups -> label 12 (g.Substring(words.Length).Trim()) ]
          Title = (if words = "" then "variant" else label 60 words)
          Log = log
          Numeric = true }
    | None ->
        { At = [ for i in 0 .. groups.Length - 1 -> float i ]
          Texts = [ for g in groups -> label (max 8 (110 / groups.Length)) g ]
          Title = ""
          Log = false
          Numeric = false }

/// The differences of a study over its groups, a panel an arm that is taken off; places are numbers where the groups' names are.
let overGroups (results: StudyResults) =
    let metric = results.Metric
    let groups = [ for g in results.Plan.Groups -> g.Name ]
    let first = results.Plan.Study.Arms[0].Name
    let across = across groups
    let low, high = List.min across.At, List.max across.At
    let margin = if across.Numeric then 0.06 * (high - low) else 0.5
    let put at = if across.Log then 10.0 ** at else at

    let panels =
        [ for i, arm in Seq.indexed results.Plan.Study.Arms |> Seq.skip 1 do
              let places =
                  [ for at, group in List.zip across.At groups do
                        for contrast in results.Contrasts do
                            if contrast.Group = group && contrast.Other = arm.Name then
                                place (put at) results contrast ]
                  |> List.sortBy _.At

              if any metric places then
                  i, arm.Name, places ]

    let count = panels.Length
    let height = 100.0 + 170.0 * float count
    let inside = height - 130.0
    let ranges = [ for _, _, places in panels -> extent metric places ]

    // One scale for all panels, unless the smallest differences would be lost on it.
    let sizes = [ for a, b in ranges -> b - a ]
    let alike = count > 0 && List.max sizes <= 4.0 * List.min sizes
    let ranges = if alike then [ for _ in ranges -> List.min (List.map fst ranges), List.max (List.map snd ranges) ] else ranges

    let domain i =
        let part = 1.0 / float count
        let top = 1.0 - part * float i
        (if i = count - 1 then 0.0 else top - part), top - 26.0 / inside

    let better = if metric.LowerIsBetter then "below" else "above"
    let scales = if count < 2 then "" elif alike then "; one scale" else "; each panel has its own scale"

    let frame =
        { X =
            [ for i in 1..count ->
                  { axis (if i = count then across.Title else "") with
                      Scale = (if across.Log then Log else Linear)
                      Range = Some(low - margin, high + margin)
                      Names = List.zip (List.map put across.At) across.Texts
                      Shown = (i = count)
                      Grid = false },
                  i ]
          Y =
            [ for i, range in List.indexed ranges ->
                  { axis (unit metric) with Domain = domain i; Range = Some(padded range) }, i + 1 ]
          Bands = []
          Notes =
            [ for i, (_, other, _) in List.indexed panels do
                  note
                      0.0
                      (snd (domain i))
                      $"<b>{label 18 first} − {label 18 other}</b>"
                      StyleParam.XAnchorPosition.Left
              note 1.0 1.0 $"{better} the line: {label 16 first} better{scales}" StyleParam.XAnchorPosition.Right ]
          Legend = false }

    let drawn =
        if groups.Length < 2 || results.Plan.Study.Arms.Count < 2 then
            nothing "there is nothing that differences could be compared over"
        elif panels.IsEmpty then
            nothing "nothing was compared yet"
        else
            chart
                frame
                [ for n, (arm, _, places) in List.indexed panels do
                      let axes = n + 1, n + 1
                      let mode = if across.Numeric then StyleParam.Mode.Lines_Markers else StyleParam.Mode.Markers
                      zero Upright axes (put (low - margin)) (put (high + margin))
                      seeds Upright axes metric { stroke (colour arm) with Opacity = 0.35 } 0.0 places
                      means Upright axes metric mode { stroke (colour arm) with Width = 1.5 } places ]

    Picture($"Effects, {unit metric} on {split results}", (if panels.IsEmpty then 200 else int height), drawn)
