// The table of orders between the arms of a study, for known-orders.fsx: differences of pairs of seeds, and what they say.
[<AutoOpen>]
module Orders

open System
open Dsd.Statistics
open Dsd.Studies

/// Accuracy on validation, in percent.
let accuracy (trial: TrialResult) = 100.0 * trial.Record.Validation.Value("accuracy").Value

/// The training loss over the last twenty samples.
let loss (trial: TrialResult) =
    let samples = trial.Record.Phases |> Seq.collect _.Samples |> List.ofSeq
    samples |> List.rev |> List.truncate 20 |> List.averageBy _.Loss

let private row (results: StudyResults) measure (format: string) sign (first, second) =
    let of' name =
        Map
            [ for t in results.Trials do
                  if t.IsComplete && t.Trial.Treatment.Name = name then
                      t.Trial.Seed, measure t ]

    let one, other = of' first, of' second

    let pairs =
        [ for KeyValue(seed, value) in one do
              if other.ContainsKey seed then
                  struct (value, other[seed]) ]

    let difference = PairedDifference.Between pairs
    let number (value: float) = value.ToString(format, Globalization.CultureInfo.InvariantCulture)

    let mean, better =
        difference.Differences.Mean, pairs |> List.filter (fun struct (a, b) -> sign * (a - b) > 0.0)

    let agrees = sign * mean > 0.0

    let interval, verdict =
        match Option.ofNullable difference.Interval with
        | None -> "", "too few seeds"
        | Some(struct (low, high)) ->
            $" [{number low}, {number high}]",
            match low * high > 0.0, agrees with
            | true, _ -> if agrees then "holds" else "reversed"
            | _ -> if agrees then "the mean agrees" else "the mean disagrees"

    $"| {first} − {second} | {pairs.Length} | {number mean}{interval} | {better.Length} of {pairs.Length} | {verdict} |\n"

/// The table of a measure in Markdown; each order says that its first arm has more of it, or less where the sign is −1.
let table (results: StudyResults) orders (what: string) measure format sign =
    $"| {what}, first − second | pairs | difference [95 %% interval] | first better | order |\n|---|--:|--:|--:|---|\n"
    + String.concat "" (List.map (row results measure format sign) orders)
