/// The sparsity of layers over time, one panel per arm.
module internal Dsd.Charts.Course

open Plotly.NET
open Dsd.Records
open Dsd.Charts.Style
open Dsd.Charts.Axes
open Dsd.Charts.Marks

let private mostPanels = 16
let private mostLayers = 8

/// The fraction of a layer's weights that are masked, from each choice of masks on, in epochs; the end of the run is the last point.
let private course (record: RunRecord) (perEpoch: float) until (parameter: string) =
    let changes =
        [ for phase in record.Phases do
              if phase.Masks.Count = 0 then
                  float phase.Start.Step / perEpoch, 0.0

              for chosen in phase.Masks do
                  let layer = chosen.Layers |> Seq.tryFind (fun l -> l.Parameter = parameter)

                  float chosen.Step / perEpoch,
                  (match layer with
                   | Some l -> 1.0 - float l.Kept / float (max 1L l.Weights)
                   | None -> 0.0) ]

    // Masks hold until they change: each value is drawn up to the next.
    [ for (at, value), (next, _) in List.pairwise (changes @ [ until, nan ]) do
          at, value
          next, value ]

/// Draws the fraction of masked weights of each layer over epochs, one panel per arm.
let ofRuns (all: RunRecord list) =
    let records = all |> List.truncate mostPanels

    let perEpoch (record: RunRecord) =
        match record.Start with
        | null -> 1.0
        | start -> float start.StepsPerEpoch

    let ends record = Timeline.bands record |> List.tryLast |> Option.map _.To |> Option.defaultValue 0.0
    let until = records |> List.map ends |> List.fold max 0.0

    let layers =
        [ for record in records do
              for phase in record.Phases do
                  for chosen in phase.Masks do
                      for layer in chosen.Layers -> layer.Parameter ]
        |> List.distinct

    // The last layer is the one whose masks differ most from those of the others.
    let shownLayers =
        if layers.Length > mostLayers then
            List.truncate (mostLayers - 1) layers @ [ List.last layers ]
        else
            layers

    let title =
        if all.Length > records.Length then
            $"Sparsity over time of the first {records.Length} of {all.Length} arms"
        else
            "Sparsity over time"

    let count = max 1 records.Length

    let layout width =
        let pixels = inner width []
        let each, room = 72.0, 24.0
        let inside = (each + room) * float count

        let domains =
            [ for i in 0 .. count - 1 ->
                  let top = float i * (each + room) + room
                  max 0.0 (1.0 - (top + each) / inside), 1.0 - top / inside ]

        { frame width inside with
            X =
                [ for i in 1..count ->
                      { axis (if i = count then "epochs" else "") with
                          Range = Some(0.0, max 1e-9 until)
                          Shown = (i = count) },
                      i ]
            Y =
                [ for i in 1..count ->
                      { axis "" with
                          Domain = domains[i - 1]
                          Range = Some(-0.04, 1.04)
                          Names = [ 0.0, "0 %"; 0.5, "50 %"; 1.0, "100 %" ] },
                      i ]
            Bands =
                [ for i, record in List.indexed records ->
                      { Axis = i + 1
                        Heights = domains[i]
                        // The arm's name stands where those of phases would.
                        Bands = [ for band in Timeline.bands record -> { band with Name = "" } ] } ]
            Notes =
                [ for i, record in List.indexed records ->
                      note
                          0.0
                          (snd domains[i])
                          $"<b>{Fit.cut (0.9 * pixels) record.Arm}</b>"
                          StyleParam.XAnchorPosition.Left ]
            Legend = true }

    let subtitle =
        Origin.ofRuns records
        + (if layers.Length > mostLayers then
               $"; the first {mostLayers - 1} and the last of {layers.Length} layers"
           else
               "")

    // The legend is of the first arm that has lines.
    let named = records |> List.tryFindIndex (fun record -> record.Phases.Count > 0)

    if layers.IsEmpty then
        nothing title subtitle "no arm has masks"
    else
        picture
            title
            subtitle
            layout
            [ for i, record in List.indexed records do
                  for k, parameter in List.indexed shownLayers do
                      let points' = course record (perEpoch record) (ends record) parameter

                      points
                          StyleParam.Mode.Lines
                          (i + 1, i + 1)
                          (if Some i = named then label 40 parameter else "")
                          { stroke (colour k) with
                              Width =
                                  (if k = 0 then 4.0
                                   elif k = 1 then 2.5
                                   else 1.5)
                              Opacity = 0.9 }
                          [ for at, value in points' ->
                                $"{label 40 parameter}<br>epoch {number at}: {percent value} masked" ]
                          points' ]
