/// The chart of a study's differences over its variants, one panel per reference arm.
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
open Dsd.Charts.Contrasts
open Dsd.Plans
open Dsd.Records

/// The common words and the final numbers of names, if all have the same words and different numbers.
let numbers (names: string list) =
    let read =
        [ for name in names do
              let m =
                  Regex.Match(
                      name,
                      @"^(.*?)\s*([-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?)$",
                      RegexOptions.CultureInvariant
                  )

              if m.Success then
                  match Double.TryParse(m.Groups[2].Value, NumberStyles.Float, CultureInfo.InvariantCulture) with
                  | true, value when Double.IsFinite value -> m.Groups[1].Value, value
                  | _ -> () ]

    let words, values = List.unzip read

    if
        read.Length = names.Length
        && (List.distinct words).Length = 1
        && (List.distinct values).Length = names.Length
    then
        Some(words.Head, values)
    else
        None

/// True if values are spaced more evenly on a logarithmic axis than on a linear one.
let private isLog (values: float list) =
    let evenness (values: float list) =
        let sorted = List.sort values

        (sorted |> List.pairwise |> List.map (fun (a, b) -> b - a) |> List.min)
        / (List.last sorted - sorted.Head)

    values.Length > 2
    && List.forall (fun v -> v > 0.0) values
    && evenness (List.map log10 values) > evenness values

/// The positions of groups on an axis, with their labels.
type private Across =
    {
        At: float list
        Texts: string list
        Title: string
        Log: bool
        /// True if the positions are numbers, which a line may connect.
        Numeric: bool
    }

let private across (groups: string list) =
    match numbers groups with
    | Some(words, values) ->
        let log = isLog values

        { At = (if log then List.map log10 values else values)
          Texts = [ for g in groups -> g.Substring(words.Length).Trim() ]
          Title = (if words = "" then "variant" else words)
          Log = log
          Numeric = true }
    | None ->
        { At = [ for i in 0 .. groups.Length - 1 -> float i ]
          Texts = groups
          Title = ""
          Log = false
          Numeric = false }

/// Draws the differences of a study over its groups, one panel per reference arm; positions are numeric if the groups' names are.
let ofResults (results: StudyResults) =
    let metric = results.Metric
    let groups = List.ofSeq results.Plan.Groups
    let first = results.Plan.Study.Arms[0].Name
    let across = across groups
    let low, high = List.min across.At, List.max across.At
    let margin = if across.Numeric then 0.06 * (high - low) else 0.5
    // On a logarithmic axis dots would not be spread evenly.
    let spread' =
        if across.Log then 0.0
        elif across.Numeric then 0.02 * (high - low)
        else 0.2

    let put at = if across.Log then 10.0 ** at else at

    let panels =
        [ for i, arm in Seq.indexed results.Plan.Study.Arms |> Seq.skip 1 do
              let places =
                  [ for at, group in List.zip across.At groups do
                        for contrast in results.Contrasts do
                            if contrast.Group = group && contrast.Other = arm.Name && contrast.Phase = "" then
                                place (put at) results contrast ]
                  |> List.sortBy _.At

              if any metric places then
                  i, arm.Name, places ]

    let count = panels.Length
    let inside = if count < 2 then 250.0 else 170.0 * float count
    let ranges = [ for _, _, places in panels -> extent metric places ]

    // One scale for all panels, unless the smallest differences would be lost on it.
    let sizes = [ for a, b in ranges -> b - a ]
    let alike = count > 0 && List.max sizes <= 4.0 * List.min sizes

    let ranges =
        if alike then
            [ for _ in ranges -> List.min (List.map fst ranges), List.max (List.map snd ranges) ]
        else
            ranges

    let domain i =
        let part = 1.0 / float count
        let top = 1.0 - part * float i
        // Above each panel but the first, space is reserved for its name.
        (if i = count - 1 then 0.0 else top - part), (if i = 0 then top else top - 26.0 / inside)

    let better = if metric.Verdict 1.0 = "better" then "above" else "below"

    let scales =
        if count < 2 then ""
        elif alike then "; one scale"
        else "; each panel has its own scale"

    let told = $"{better} the line: {first} better{scales}"
    let name other = $"{first} − {other}"

    let layout width =
        let pixels = inner width []
        let places = List.zip across.At across.Texts |> List.sortBy fst
        let at value = (value - low + margin) / (high - low + 2.0 * margin) * pixels

        // Numeric positions are spaced as unevenly as the numbers.
        let gaps =
            places
            |> List.pairwise
            |> List.map (fun ((a, x), (b, y)) -> at b - at a, (Fit.pixels x + Fit.pixels y) / 2.0)

        let slot = gaps |> List.map fst |> List.fold min pixels
        let names = [ for value, text in places -> put value, text ]

        let named =
            { axis (Fit.cut pixels across.Title) with
                Scale = (if across.Log then Log else Linear)
                Range = Some(low - margin, high + margin)
                Grid = false }

        let horizontal =
            if across.Numeric && gaps |> List.forall (fun (gap, needed) -> needed + 2.0 <= gap) then
                { named with Names = [ for value, text in names -> value, label 20 text ] }
            else
                spread slot names named

        let inLine =
            match panels with
            | (_, other, _) :: _ -> Fit.pixels (name other) + Fit.pixels told + 30.0 <= pixels
            | [] -> true

        let above = Fit.wrap pixels told

        { frame width inside with
            X =
                [ for i in 1..count ->
                      if i = count then
                          horizontal, i
                      else
                          { horizontal with Title = ""; Shown = false }, i ]
            Y =
                [ for i, range in List.indexed ranges ->
                      { axis (unit metric) with Domain = domain i; Range = Some(padded range) }, i + 1 ]
            Head = (if inLine then 1 else 1 + above.Length)
            Notes =
                [ for i, (_, other, _) in List.indexed panels do
                      note
                          0.0
                          (snd (domain i))
                          $"<b>{Fit.cut (0.85 * pixels) (name other)}</b>"
                          StyleParam.XAnchorPosition.Left
                  if inLine then
                      note 1.0 1.0 (label 200 told) StyleParam.XAnchorPosition.Right
                  else
                      let text = note 0.0 1.0 (Fit.joined above) StyleParam.XAnchorPosition.Left
                      text.SetProperty("align", "left")
                      raised Fit.line text ] }

    let title, subtitle = $"Effects, {unit metric} on {split results}", Origin.ofStudy results.Plan

    if groups.Length < 2 || results.Plan.Study.Arms.Count < 2 then
        nothing title subtitle "the study has no variants to compare differences over"
    elif panels.IsEmpty then
        nothing title subtitle "nothing was compared yet"
    else
        picture
            title
            subtitle
            layout
            [ for n, (arm, _, places) in List.indexed panels do
                  let axes = n + 1, n + 1

                  let mode =
                      if across.Numeric then
                          StyleParam.Mode.Lines_Markers
                      else
                          StyleParam.Mode.Markers

                  zero Upright axes (put (low - margin)) (put (high + margin))
                  seeds Upright axes metric { stroke (colour arm) with Opacity = 0.35 } spread' places
                  means Upright axes metric mode { stroke (colour arm) with Width = 1.5 } places ]
