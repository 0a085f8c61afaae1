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

/// Every difference of a study in a row: one dot a seed, and their mean with its interval.
let paired (results: StudyResults) =
    let metric = results.Metric
    let rows = rows results
    let height = float rows.Length
    let places = [ for row, content in rows do match content with Ok c -> place (float row) results c | Error _ -> () ]
    let first = results.Plan.Study.Arms[0].Name
    let grouped = rows |> List.exists (fun (_, content) -> content.IsError)

    let better, worse = $"{label 20 first} better", $"{label 20 first} worse"
    let left, right = if metric.LowerIsBetter then better, worse else worse, better

    let frame =
        { X = [ axis $"difference, {unit metric} on {split results}", 1 ]
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
                  | Ok c when c.Pairs.Count = 0 -> inRow (float row) 1.0 StyleParam.XAnchorPosition.Right "no pair yet"
                  | Ok _ -> () ]
          Legend = true }

    let drawn =
        if rows.IsEmpty then
            nothing "the study has one arm: there is nothing to compare"
        elif not (any metric places) then
            nothing "nothing was compared yet"
        else
            chart
                frame
                [ zero Flat -0.6 (height - 0.4)
                  seeds Flat metric { stroke (colour 0) with Opacity = 0.45 } 0.4 places
                  means Flat metric StyleParam.Mode.Markers "" (stroke (colour 1)) places ]

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

/// The signs of arms; with six colours and these, arms look different up to eighteen of them.
let private symbols =
    [| StyleParam.MarkerSymbol.Diamond; StyleParam.MarkerSymbol.Square; StyleParam.MarkerSymbol.Circle |]

/// The differences of a study over its groups, a line an arm that is taken off; places are numbers where the groups' names are.
let overGroups (results: StudyResults) =
    let metric = results.Metric
    let groups = [ for g in results.Plan.Groups -> g.Name ]
    let others = [ for arm in Seq.skip 1 results.Plan.Study.Arms -> arm.Name ]
    let first = results.Plan.Study.Arms[0].Name

    let numeric = numbers groups
    let log = numeric |> Option.exists (snd >> isLog)

    let at =
        match numeric with
        | Some(_, values) -> values |> List.map (if log then log10 else id)
        | None -> [ for i in 0 .. groups.Length - 1 -> float i ]

    let low, high = List.min at, List.max at

    let gap =
        match at |> List.sort |> List.pairwise |> List.map (fun (a, b) -> b - a) with
        | [] -> 1.0
        | gaps -> if numeric.IsSome then max (List.min gaps) ((high - low) / 40.0) else List.min gaps

    let margin = if numeric.IsSome then 0.04 * (high - low) + 0.4 * gap else 0.5

    /// Arms beside each other, so that their intervals do not hide each other.
    let beside i = gap * 0.6 * ((float i + 0.5) / float (max 1 others.Length) - 0.5)

    let places =
        [ for i, other in List.indexed others ->
              other,
              [ for at, group in List.zip at groups do
                    for contrast in results.Contrasts do
                        if contrast.Group = group && contrast.Other = other then
                            let where = at + beside i
                            place (if log then 10.0 ** where else where) results contrast ]
              |> List.sortBy _.At ]

    let ticks =
        [ for at, group in List.zip at groups ->
              match numeric with
              | Some(words, _) -> (if log then 10.0 ** at else at), label 12 (group.Substring(words.Length).Trim())
              | None -> at, label (max 8 (110 / groups.Length)) group ]

    let better = if metric.LowerIsBetter then "below" else "above"

    let frame =
        { X =
            [ { axis (numeric |> Option.map (fst >> label 60) |> Option.defaultValue "") with
                  Scale = (if log then Log else Linear)
                  Range = Some(low - margin, high + margin)
                  Names = ticks
                  Grid = false },
              1 ]
          Y = [ axis $"{label 16 first} − other, {unit metric} on {split results}", 1 ]
          Bands = []
          Notes = [ note 0.0 1.0 $"{better} the dashed line: {label 20 first} better" StyleParam.XAnchorPosition.Left ]
          Legend = true }

    let edge where = if log then 10.0 ** where else where
    let mode = if numeric.IsSome then StyleParam.Mode.Lines_Markers else StyleParam.Mode.Markers

    let drawn =
        if groups.Length < 2 || others.IsEmpty then
            nothing "there is nothing that differences could be compared over"
        elif not (places |> List.exists (snd >> any metric)) then
            nothing "nothing was compared yet"
        else
            chart
                frame
                [ zero Upright (edge (low - margin)) (edge (high + margin))
                  for i, (other, own) in List.indexed places do
                      if any metric own then
                          let s = { stroke (colour (i + 1)) with Width = 1.5; Opacity = 0.9 }

                          means Upright metric mode $"− {label 22 other}" s own
                          |> marker symbols[(i + 1) / palette.Length % symbols.Length] 9 [ for _ in own -> s.Colour ] ]

    Picture("Effects", 440, drawn)
