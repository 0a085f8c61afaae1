// Draws what why.fsx has measured, in why.csv and weights.csv: forgetting.png, sharpness.png, weights-noise-20.png and weights-clean.png, beside this file.
//   dotnet fsi notebooks/evidence/regimes/why-pictures.fsx
#load "../../../scripts/dsd.fsx"
#load "marks.fsx"
#load "panels.fsx"

open System
open System.Globalization
open System.IO
open Dsd.Charts
open Marks
open Panels

let read name =
    let lines = File.ReadAllLines(Path.Combine(__SOURCE_DIRECTORY__, name)) |> Array.map _.Split(',')
    [ for cells in Array.tail lines -> Array.zip lines[0] cells |> Map.ofArray ]

let number (text: string) = if text = "" then nan else Double.Parse(text, CultureInfo.InvariantCulture)
let rows = read "why.csv"
let seeds = rows |> List.map (fun row -> row["seed"]) |> List.distinct |> List.length

let arms =
    [ "control", "no mask", 5
      "dsd-50", "DSD, 50 %", 0
      "dsd-80", "DSD, 80 %", 2
      "dsd-90", "DSD, 90 %", 3
      "random-50", "random, 50 %", 1
      "equal-norm-80", "random, norm of 80 %", 4 ]

let places = [ "dense", 0.0; "pruned", 1.0; "sparse", 2.0; "redense", 3.0 ]
let ticks = [ for phase, place in places -> place, (if phase = "redense" then "re-dense" else phase) ]

/// A measure of an arm over the ends of phases: mean over the seeds and 95 % interval.
let course regime measure nth isInLegend =
    let arm, name, colour = arms[nth]
    // Beside each other, so that intervals do not cover each other.
    let shift phase = if phase = "dense" then 0.0 else 0.06 * (float nth - 2.5)

    let points =
        [ for phase, place in places do
              let values =
                  [ for row in rows do
                        let isOfArm = row["arm"] = arm || (row["arm"] = "shared" && phase = "dense")

                        if row["regime"] = regime && isOfArm && row["phase"] = phase then
                            number row[measure] ]

              if not values.IsEmpty then
                  let sample = Dsd.Statistics.Sample.Of values
                  let interval = sample.Interval() |> Option.ofNullable

                  let low, high =
                      interval |> Option.fold (fun _ (struct (low, high)) -> low, high) (sample.Mean, sample.Mean)

                  place + shift phase, sample.Mean, low, high ]

    line colour name points isInLegend

let panel isFirst title regime measure scale range =
    { Title = title
      Traces = [ for nth in 0 .. arms.Length - 1 -> course regime measure nth isFirst ]
      Ticks = ticks
      Scale = scale
      Across = (-0.3, 3.3)
      Range = range }

let weights = read "weights.csv"

/// The distribution of weights at a moment, with what was pruned in another colour; high bars are cut off, exact zeros are a bar in the middle.
let distribution regime moment title =
    let bins =
        [ for row in weights do
              if row["regime"] = regime && row["from"] <> "" then
                  row ]

    let width = 0.002
    let isZero (row: Map<string, string>) = row["from"] = row["to"]
    let top = 1.1 * List.max [ for row in bins -> if isZero row then 0.0 else number row["dense"] ]
    let cut value = min value (1.2 * top)

    let column name colour =
        [ for row in bins do
              if not (isZero row) then
                  (number row["from"] + number row["to"]) / 2.0, cut (number row[name]) ]
        |> bars colour width

    let zeros =
        [ for row in bins do
              if isZero row && number row[moment] > 0.0 then
                  0.0, cut (number row[moment]) ]

    let regrown =
        [ for row in bins do
              if number row["regrown"] > 0.0 then
                  row ]

    let total name rows =
        let count = rows |> List.sumBy (fun (row: Map<string, string>) -> number row[name])
        count.ToString("#,0", CultureInfo.InvariantCulture)

    let note =
        if moment = "redense" then
            let reach = List.max [ for row in regrown -> max (abs (number row["from"])) (abs (number row["to"])) ]
            total "regrown" regrown + $" within ±%g{reach}"
        elif zeros.IsEmpty then
            ""
        else
            total moment (List.filter isZero bins) + " zeros"

    { Title = $"{title}<br><span style='color:#d55e00'>{note}</span>"
      Traces =
        [ column moment 0
          if moment = "redense" then
              column "regrown" 1
          bars 1 (2.0 * width) zeros ]
      Ticks = [ -0.05, "−0.05"; 0.0, "0"; 0.05, "0.05" ]
      Scale = Hidden
      Across = (-0.1, 0.1)
      Range = (0.0, top) }

let save name (picture: Picture) = printfn "%s" (picture.Save(Path.Combine(__SOURCE_DIRECTORY__, name + ".png"), 600))

let noisy, clean = "wrong labels", "clean labels"

[ panel true "memorised" "noise-20" "memorised" Percent (0.0, 1.0)
  panel false "corrected" "noise-20" "corrected" Percent (0.0, 1.0) ]
|> picture $"Wrong labels over the phases, {seeds} seeds" 2 210.0 true
|> save "forgetting"

[ panel true $"sharpness, {noisy}" "noise-20" "sharpness" Log (1.0, 100.0)
  panel false $"sharpness, {clean}" "clean" "sharpness" Log (1.0, 100.0)
  panel false $"distance from dense, {noisy}" "noise-20" "from_dense" Linear (0.0, 0.8)
  panel false $"distance from dense, {clean}" "clean" "from_dense" Linear (0.0, 0.8)
  panel false $"distance from start, {noisy}" "noise-20" "from_initial" Linear (0.7, 1.2)
  panel false $"distance from start, {clean}" "clean" "from_initial" Linear (0.7, 1.2)
  panel false $"calibration error, {noisy}" "noise-20" "ece" Linear (0.0, 0.45)
  panel false $"calibration error, {clean}" "clean" "ece" Linear (0.0, 0.45) ]
|> picture $"Sharpness, distance, calibration, {seeds} seeds" 2 130.0 true
|> save "sharpness"

for regime, words in [ "noise-20", "20 % wrong labels"; "clean", clean ] do
    [ "initial", "initial"
      "dense", "first phase trained"
      "pruned", "half just pruned"
      "sparse", "sparse phase trained"
      "lifted", "mask lifted"
      "redense", "last phase trained" ]
    |> List.map (fun (moment, title) -> distribution regime moment title)
    |> picture $"Weights of fc1, {words}, one seed" 3 110.0 false
    |> save $"weights-{regime}"
