/// The learning curves of a study: means over seeds with their standard errors.
module internal Dsd.Charts.StudyCurves

open Plotly.NET
open Dsd.Records
open Dsd.Studies
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks
open Dsd.Plans
open Dsd.Schedules
open Dsd.Statistics

/// An arm's mean over seeds at one point in time, with its standard error and the number of seeds.
type private Point = { Epoch: float; Mean: float; Error: float option; Seeds: int }

let private mostGroups = 4

/// Arms that share a phase overlap; the dashes of the later arms let the first show through.
let private dash arm =
    let broken =
        [| StyleParam.DrawingStyle.Dash; StyleParam.DrawingStyle.DashDot; StyleParam.DrawingStyle.Dot |]

    if arm = 0 then
        StyleParam.DrawingStyle.Solid
    else
        broken[(arm - 1) % broken.Length]

/// The completed trials of a treatment.
let private completed (results: StudyResults) (treatment: Treatment) =
    [ for result in results.Trials do
          if result.IsComplete && result.Trial.Treatment = treatment then
              result.Record ]

/// The means of the main metric on validation, by the times at which it was measured.
let private curve (results: StudyResults) (arm: ArmResult) =
    match arm.Selected with
    | null -> []
    | treatment ->
        let perEpoch = float treatment.Plan.StepsPerEpoch

        [ for record in completed results treatment do
              for phase in record.Phases do
                  // At the end of a phase there may be two measurements of the same step; the last counts.
                  for step, measured in phase.Evaluations |> Seq.groupBy _.Step do
                      match
                          measured
                          |> Seq.filter (fun e -> e.Split = DataSplit.Validation)
                          |> Seq.tryLast
                          |> Option.bind (drawable results.Metric)
                      with
                      | Some value -> step, value
                      | None -> () ]
        |> List.groupBy fst
        |> List.sortBy fst
        |> List.choose (fun (step, values) ->
            let sample = Sample.Of(List.map snd values)

            if fits sample.Mean then
                Some
                    { Epoch = float step / perEpoch
                      Mean = sample.Mean
                      Error = sample.StandardError |> Option.ofNullable |> Option.filter fits
                      Seeds = sample.Count }
            else
                None)

/// The phases of the first arm, if the phases of all arms end where phases of this arm end.
let private shared (arms: ArmResult list) =
    let phases (arm: ArmResult) =
        match arm.Selected with
        | null -> []
        | treatment ->
            let epochs (step: int64) = float step / float treatment.Plan.StepsPerEpoch

            [ for phase in treatment.Plan.Phases ->
                  { Name = phase.Phase.Name
                    From = epochs phase.FirstStep
                    To = epochs (phase.FirstStep + phase.Steps)
                    Dense = phase.Phase.IsDense } ]

    match arms with
    | [] -> []
    | first :: others ->
        let bands = phases first
        let ends = bands |> List.map _.To |> Set.ofList

        if others |> List.forall (fun a -> phases a |> List.forall (fun b -> ends.Contains b.To)) then
            bands
        else
            []

/// The values spanned by the vertical axis: those after the first quarter, by when the initial steep rise is over.
let private span (curves: Point list list) =
    let all = List.concat curves
    let until = all |> List.map _.Epoch |> List.max
    let late = all |> List.filter (fun p -> p.Epoch >= 0.25 * until)

    let low = late |> List.map (fun p -> p.Mean - defaultArg p.Error 0.0) |> List.min
    let high = late |> List.map (fun p -> p.Mean + defaultArg p.Error 0.0) |> List.max
    let pad = max (0.05 * (high - low)) (1e-6 * max 1e-300 (abs high))
    low - pad, high + pad

let private panel (results: StudyResults) n (arms: ArmResult list) (curves: Point list list) =
    let metric = results.Metric

    [ for i, (arm, points') in List.indexed (List.zip arms curves) do
          if not points'.IsEmpty then
              let spread = points' |> List.choose (fun p -> p.Error |> Option.map (fun e -> p.Epoch, p.Mean, e))

              if spread.Length > 1 then
                  area
                      (n, n)
                      { stroke (colour i) with Opacity = 0.18 }
                      [ for at, mean, e in spread -> at, mean - e ]
                      [ for at, mean, e in spread -> at, mean + e ]

              let hover =
                  [ for p in points' do
                        let spread =
                            p.Error |> Option.map (fun e -> $" ± {metric.ShowSize e}") |> Option.defaultValue ""

                        $"{label 30 arm.Arm}<br>epoch {number p.Epoch}: {shown metric p.Mean}{spread}<br>seeds: {p.Seeds}" ]

              points
                  StyleParam.Mode.Lines_Markers
                  (n, n)
                  (if n = 1 then label 30 arm.Arm else "")
                  { stroke (colour i) with Dash = dash i; Opacity = 0.95 }
                  hover
                  [ for p in points' -> p.Epoch, p.Mean ]
              |> marker StyleParam.MarkerSymbol.Circle 5 [ for _ in points' -> colour i ] ]

/// Draws the main metric on validation over epochs, one panel per group: each arm's mean over seeds, in a band of ± one standard error.
let ofResults (results: StudyResults) =
    let all =
        [ for group, arms in results.Arms |> List.ofSeq |> List.groupBy _.Group do
              let curves = arms |> List.map (curve results)

              if curves |> List.exists (fun c -> not c.IsEmpty) then
                  group, arms, curves ]

    let groups = List.truncate mostGroups all
    let count = max 1 groups.Length

    let until =
        [ for _, arms, _ in groups do
              for arm in arms do
                  match arm.Selected with
                  | null -> ()
                  | t -> float t.Plan.TotalSteps / float t.Plan.StepsPerEpoch ]
        |> List.fold max 0.0

    let title =
        if all.Length > groups.Length then
            $"Learning curves of the first {groups.Length} of {all.Length} groups"
        else
            "Learning curves"

    let legend = groups |> List.exists (fun (_, arms, _) -> arms.Length > 1)

    let bands = [ for _, arms, _ in groups -> shared arms ]

    let layout width =
        let pixels = inner width []
        let each = 200.0

        // Above each of several panels, space is reserved for its name and those of its phases.
        let rooms =
            [ for b in bands -> if count = 1 then 0.0 else 34.0 + Fit.line * float (Fit.rows (titles pixels b)) ]

        let inside = each * float count + List.sum rooms

        let domains =
            rooms
            |> List.mapFold
                (fun top room ->
                    (max 0.0 (1.0 - (top + room + each) / inside), 1.0 - (top + room) / inside), top + room + each)
                0.0
            |> fst

        { frame width inside with
            X =
                [ for i in 1 .. groups.Length ->
                      { axis (if i = groups.Length then "epochs" else "") with
                          Range = Some(0.0, 1.01 * until)
                          Shown = (i = groups.Length) },
                      i ]
            Y =
                [ for i, (_, _, curves) in List.indexed groups ->
                      { axis $"validation {label 20 results.Metric.Name}" with
                          Domain = domains[i]
                          Range = Some(span curves)
                          Scale = (if results.Metric.IsPercent then Percent else Linear) },
                      i + 1 ]
            Bands =
                [ for i, b in List.indexed bands do
                      if not b.IsEmpty then
                          { Axis = i + 1; Heights = domains[i]; Bands = b } ]
            Notes =
                [ for i, (group, _, _) in List.indexed groups do
                      if count > 1 then
                          note
                              0.0
                              (snd domains[i])
                              $"<b>{Fit.cut (0.9 * pixels) group}</b>"
                              StyleParam.XAnchorPosition.Left
                          |> raised (Fit.line * float (Fit.rows (titles pixels bands[i]))) ]
            Legend = legend }

    let subtitle = Origin.ofStudy results.Plan

    if groups.IsEmpty then
        nothing title subtitle "nothing was measured yet"
    else
        picture
            title
            subtitle
            layout
            [ for i, (_, arms, curves) in List.indexed groups do
                  yield! panel results (i + 1) arms curves ]
