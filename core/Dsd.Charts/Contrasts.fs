/// The chart of a study's contrasts: one row per difference between arms.
module internal Dsd.Charts.Contrasts

open Plotly.NET
open Dsd.Studies
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Charts.Differences
open Dsd.Plans
open Dsd.Records
open Dsd.Statistics

/// The split on which differences are measured.
let split (results: StudyResults) = if results.Split = Dsd.Records.DataSplit.Test then "test" else "validation"

/// The differences of a contrast, placed at a position on an axis.
let place at (results: StudyResults) (contrast: Contrast) =
    let group = if contrast.Group = "" then "" else $"{label 60 contrast.Group}<br>"
    let leftOut = if contrast.LeftOut = 0 then "" else $", {contrast.LeftOut} left out"

    let p =
        if contrast.AdjustedPValue.HasValue then
            $"<br>p {label 10 (contrast.ShowAdjustedPValue())} after correction"
        else
            ""

    { At = at
      Told = $"{group}{label 30 contrast.First} − {label 30 contrast.Other}"
      Seeds = [ for struct (seed, first, other) in contrast.Pairs -> seed, first - other ]
      Mean =
        contrast.Difference
        |> Option.ofObj
        |> Option.map (fun d ->
            let half =
                d.Interval |> Option.ofNullable |> Option.map (fun struct (_, high) -> high - d.Differences.Mean)

            d.Differences.Mean, half)
      More = $"<br>pairs: {contrast.Pairs.Count}{leftOut}{p}" }

/// The rows of a chart; each of several groups with several differences also gets a row for its name.
let private rows (results: StudyResults) =
    let groups = results.Contrasts |> List.ofSeq |> List.groupBy _.Group
    let named = groups.Length > 1 && results.Plan.Study.Arms.Count > 2

    [ for group, contrasts in groups do
          if named then
              Error group

          for contrast in contrasts do
              Ok contrast ]
    |> List.indexed

/// The range of an axis for many rows: the few rows that reach far beyond all others are cut off, and their means are written as text.
let private extents metric (places: Place list) =
    let reach (low, high) = max -low high
    let all = extent metric places

    let each =
        places
        |> List.filter (fun p -> any metric [ p ])
        |> List.map (fun p -> reach (extent metric [ p ]))
        |> List.sort

    if each.Length < 8 then
        all
    else
        let most = 1.3 * each[each.Length * 3 / 4]

        if reach all > 3.0 * most && most > 0.0 then
            max (fst all) -most, min (snd all) most
        else
            all

/// The phase after which a difference was measured, unless it is of the end of training.
let private after (contrast: Contrast) = if contrast.Phase = "" then "" else $", after {contrast.Phase}"

/// Draws every difference of a study in a row: one dot per seed, and the mean with its interval.
let ofResults (results: StudyResults) =
    let metric = results.Metric
    let rows = rows results
    let height = float rows.Length

    let places =
        [ for row, content in rows do
              match content with
              | Ok c -> place (float row) results c
              | Error _ -> () ]

    let first = results.Plan.Study.Arms[0].Name
    let grouped = rows |> List.exists (fun (_, content) -> content.IsError)

    // One difference in each of several groups: the groups name the rows, and the reference arm is named below the axis.
    let alone = results.Plan.Groups.Count > 1 && results.Plan.Study.Arms.Count = 2

    let what = if alone then $"{first} − {results.Plan.Study.Arms[1].Name}" else "difference"

    let least, most = extents metric places

    let left = $"← {first} {metric.Verdict -1.0}"
    let right = $"{first} {metric.Verdict 1.0} →"

    let names =
        [ for row, content in rows do
              match content with
              | Ok c when grouped -> float row, $"− {c.Other}{after c}"
              | Ok c when alone -> float row, $"{c.Group}{after c}"
              | Ok c -> float row, $"{c.First} − {c.Other}{after c}"
              | Error _ -> () ]

    let layout width =
        let isBeside = Rows.beside width (List.map snd names)
        let axis', above = Rows.named width 12.0 names
        let pixels = inner width [ for _, name in axis'.Names -> name ]
        let inRow' row = Rows.inRow (float row) (if isBeside then 1.0 else -17.0)

        let each =
            match isBeside, rows.Length > 12 with
            | true, true -> 24.0
            | true, false -> 44.0
            | false, true -> 42.0
            | false, false -> 48.0

        // The meaning of differences to the left and to the right, stacked if they do not fit side by side.
        let inLine = Fit.pixels left + Fit.pixels right + 20.0 <= pixels

        { frame width (10.0 + each * height) with
            X =
                [ { axis (Fit.joined (Fit.wrap pixels $"{what}, {unit metric} on {split results}")) with
                      Range = Some(padded (least, most)) },
                  1 ]
            Y = [ { axis' with Range = Some(height - 0.4, -0.6) }, 1 ]
            Head = (if inLine then 1 else 2)
            Notes =
                above
                @ [ note 0.0 1.0 (Fit.cut pixels left) StyleParam.XAnchorPosition.Left
                    |> raised (if inLine then 0.0 else Fit.line)
                    note 1.0 1.0 (Fit.cut pixels right) StyleParam.XAnchorPosition.Right
                    for row, content in rows do
                        match content with
                        | Error group ->
                            Rows.inRow
                                (float row)
                                -9.0
                                0.0
                                StyleParam.XAnchorPosition.Left
                                $"<b>{Fit.cut (0.9 * pixels) group}</b>"
                        | Ok c ->
                            match Option.ofObj c.Difference with
                            | None -> Rows.inRow (float row) -9.0 1.0 StyleParam.XAnchorPosition.Right "no pairs yet"
                            | Some d ->
                                let mean = scale metric * d.Differences.Mean

                                if fits mean && (mean < least || mean > most) then
                                    let words = metric.ShowDifference d.Differences.Mean

                                    if mean < 0.0 then
                                        inRow' row 0.0 StyleParam.XAnchorPosition.Left $"← {words}"
                                    else
                                        inRow' row 1.0 StyleParam.XAnchorPosition.Right $"{words} →" ]
            Legend = true }

    let title, subtitle = "Paired differences", Origin.ofStudy results.Plan

    if rows.IsEmpty then
        nothing title subtitle "the study has one arm: there is nothing to compare"
    elif not (any metric places) then
        nothing title subtitle "nothing was compared yet"
    else
        picture
            title
            subtitle
            layout
            [ zero Flat (1, 1) -0.6 (height - 0.4)
              seeds Flat (1, 1) metric { stroke (colour 0) with Opacity = 0.45 } 0.4 places
              means Flat (1, 1) metric StyleParam.Mode.Markers (stroke (colour 1)) places ]
