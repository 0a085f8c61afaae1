/// The chart of mask changes over a run.
module internal Dsd.Charts.Churn

open System
open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks

/// Draws how many weights each mask update pruned and regrew, as fractions of the weights of the pruned layers.
let ofRun (record: RunRecord) =
    let bands = Timeline.bands record

    let perEpoch =
        match record.Start with
        | null -> 1.0
        | start -> float start.StepsPerEpoch

    let until = if bands.IsEmpty then 1.0 else (List.last bands).To

    let chosen =
        [ for p in record.Phases do
              yield! p.Masks ]

    let starts = [ for m in chosen -> float m.Step / perEpoch ]

    let share count (m: TrainingEvent.MaskComputed) =
        float (m.Layers |> Seq.sumBy count) / float (max 1L (m.Layers |> Seq.sumBy _.Weights))

    let width =
        let nearest =
            starts |> List.pairwise |> List.map (fun (a, b) -> b - a) |> List.append [ until ] |> List.min

        min (0.7 * nearest) (until / 40.0)

    // A bar starts at the step before which the masks were updated.
    let at = [ for start in starts -> start + width / 2.0 ]

    let hover count verb =
        [ for m in chosen ->
              let top = m.Layers |> Seq.sortByDescending count |> Seq.truncate 8
              let lines = [ for l in top -> $"{label 40 l.Parameter}: {whole (count l)} of {whole l.Weights}" ]

              let unrecorded =
                  if m.Unrecorded = 0L then
                      ""
                  else
                      $" (after {whole m.Unrecorded} updates that are not recorded)"

              $"before step {whole m.Step}: {percent (share count m)} {verb}{unrecorded}<br>"
              + String.Join("<br>", lines) ]

    let v = StyleParam.Orientation.Vertical

    let layout width =
        { frame width 190.0 with
            X = [ { axis "epochs" with Range = Some(0.0, until) }, 1 ]
            Y = [ { axis "of the pruned layers" with Scale = Percent }, 1 ]
            Bands = Timeline.whole bands
            Notes =
                (if chosen.IsEmpty then
                     [ note 0.5 0.45 "no mask was computed in this run" StyleParam.XAnchorPosition.Center ]
                 else
                     [])
            Legend = not chosen.IsEmpty }

    picture
        "Mask changes"
        (Origin.ofRuns [ record ])
        layout
        [ bars
              v
              (1, 1)
              "newly pruned"
              kept
              width
              (hover _.NewlyPruned "newly pruned")
              []
              at
              [ for m in chosen -> share _.NewlyPruned m ]
          bars
              v
              (1, 1)
              "regrown"
              reborn
              width
              (hover _.Regrown "regrown")
              []
              at
              [ for m in chosen -> -(share _.Regrown m) ] ]
