/// The subtitle of a chart, which names its source: networks, data and seeds, or a schedule.
module internal Dsd.Charts.Origin

open System
open Dsd.Plans
open Dsd.Records
open Dsd.Runs
open Dsd.Schedules
open Dsd.Studies

let private counted (n: int) word = if n = 1 then $"1 {word}" else $"{Style.whole (int64 n)} {word}s"

/// Joins at most three distinct texts, and counts the others.
let private listed (texts: string seq) =
    let all = texts |> Seq.distinct |> List.ofSeq

    String.concat "; " (List.truncate 3 all)
    + (if all.Length > 3 then $" and {all.Length - 3} more" else "")

/// The source of runs, e.g. "lenet-5 on fashion-mnist, seed 1"; empty before any run has started.
let ofRuns (runs: RunRecord seq) =
    match Style.begun runs with
    | [] -> ""
    | begun ->
        let seeds = begun |> List.map (fun (start, _) -> start.Seed) |> List.distinct
        let on = listed [ for start, _ in begun -> $"{start.Model} on {start.Data}" ]
        let words = seeds |> List.truncate 6 |> List.map string |> String.concat ", "

        if seeds.Length = 1 then $"{on}, seed {words}"
        elif seeds.Length <= 6 then $"{on}, seeds {words}"
        else $"{on}, {seeds.Length} seeds"

/// The source of a study, e.g. "Study rounds: lenet-5 on fashion-mnist, 16 seeds".
let ofStudy (plan: StudyPlan) =
    let settings = [ for t in plan.Trials -> t.Treatment.Config ] |> List.distinct

    let on =
        listed
            [ for s in settings ->
                  let some =
                      match Option.ofNullable s.TrainLimit with
                      | Some limit when s.Redraw = Redraw.None -> [ $"first {Style.whole (int64 limit)} examples" ]
                      | Some limit -> [ $"{Style.whole (int64 limit)} examples" ]
                      | None -> []

                  let drawn =
                      match s.Redraw with
                      | Redraw.Train -> [ "drawn for each seed" ]
                      | Redraw.Splits -> [ "splits drawn for each seed" ]
                      | _ -> []

                  let noise = s.LabelNoise |> Option.ofObj |> Option.map string |> Option.toList

                  match some @ drawn @ noise with
                  | [] -> $"{s.Network} on {s.Data}"
                  | parts -> $"""{s.Network} on {s.Data} ({String.concat ", " parts})""" ]

    let seeds = counted plan.Study.Seeds.Count "seed"
    $"Study {plan.Study.Name}: {on}, {seeds}"

/// The source of a schedule: its phases with their lengths.
let ofSchedule (schedule: Schedule) =
    let phases = schedule.Phases |> Seq.map (fun p -> $"{p.Name} {p.Duration}") |> List.ofSeq
    let more = if phases.Length > 6 then $" + {phases.Length - 6} more" else ""
    "Schedule: " + String.concat " + " (List.truncate 6 phases) + more

/// The source of a plan: the size of its network and the length of an epoch.
let ofPlan (plan: Plan) =
    $"Plan for a network of {Style.whole plan.Shape.Count} parameters, {Style.whole (int64 plan.StepsPerEpoch)} steps per epoch"
