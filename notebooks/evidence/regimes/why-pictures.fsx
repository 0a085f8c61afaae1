// Draws what why.fsx has measured: pages under runs/pictures/regimes; prints the picture's name and page of each, for draw.sh.
//   dotnet fsi notebooks/evidence/regimes/why-pictures.fsx
#load "../../../scripts/dsd.fsx"
#load "panels.fsx"

open System
open System.Globalization
open System.IO
open Dsd.Charts
open Panels

let read name =
    let lines = File.ReadAllLines(Path.Combine(__SOURCE_DIRECTORY__, name)) |> Array.map _.Split(',')
    [ for cells in Array.tail lines -> Array.zip lines[0] cells |> Map.ofArray ]

let number (text: string) = if text = "" then nan else Double.Parse(text, CultureInfo.InvariantCulture)
let rows = read "why.csv"
let seeds = rows |> List.map (fun row -> row["seed"]) |> List.distinct |> List.length

let arms =
    [ "control", "no mask", 5; "dsd-50", "DSD, 50 %", 0; "dsd-80", "DSD, 80 %", 2; "random-50", "random mask, 50 %", 1 ]

let places = [ "dense", 0.0; "pruned", 0.35; "sparse", 1.35; "redense", 2.35 ]
let ticks = [ 0.0, "D"; 0.35, "pruned"; 1.35, "S"; 2.35, "D" ]

/// A measure of an arm over the ends of phases: mean over the seeds and 95 % interval.
let course regime measure nth isInLegend =
    let arm, name, colour = arms[nth]
    // Beside each other, so that intervals do not cover each other.
    let shift = 0.05 * (float nth - 1.5)

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

                  place + shift, sample.Mean, low, high ]

    line colour name points isInLegend

let panel isFirst title regime measure scale range =
    { Title = title
      Traces = [ for nth in 0 .. arms.Length - 1 -> course regime measure nth isFirst ]
      Ticks = ticks
      Scale = scale
      Range = range }

let weights = read "weights.csv"

/// The density of weights at a moment, with what was pruned in another colour; exact zeros are a bar in the middle.
let distribution regime moment title =
    let bins = [ for row in weights do if row["regime"] = regime && row["from"] <> "" then row ]
    let width = 0.002
    let isZero (row: Map<string, string>) = row["from"] = row["to"]
    let top = 2.0 * List.max [ for row in bins -> if isZero row then 0.0 else number row["dense"] ]
    let cut value = min value (1.2 * top)

    let column name colour =
        [ for row in bins do
              if not (isZero row) then
                  (number row["from"] + number row["to"]) / 2.0, cut (number row[name]) ]
        |> bars colour width

    let zeros = [ for row in bins do if isZero row && number row[moment] > 0.0 then 0.0, cut (number row[moment]) ]

    { Title = title
      Traces =
        [ column moment 0
          if moment = "redense" then
              column "regrown" 1
          bars 1 (2.0 * width) zeros ]
      Ticks = [ -0.1, "−0.1"; 0.0, "0"; 0.1, "0.1" ]
      Scale = Hidden
      Range = Some(0.0, top) }

let save name (picture: Picture) =
    let page = picture.Save(Path.Combine("runs", "pictures", "regimes", name + ".html"))
    printfn $"{name} {page}"

let noisy, clean = "20 % wrong labels", "clean labels"

[ panel true "wrong labels memorised" "noise-20" "memorised" Percent (Some(0.0, 1.0))
  panel false "wrong labels corrected" "noise-20" "corrected" Percent (Some(0.0, 1.0)) ]
|> picture $"What the network says of wrongly labelled training examples, {seeds} seeds" 2 210.0 true
|> save "forgetting"

[ panel true $"sharpness, {noisy}" "noise-20" "sharpness" Log (Some(0.3, 2.0))
  panel false $"sharpness, {clean}" "clean" "sharpness" Log (Some(0.3, 2.0))
  panel false $"moved from D's end, {noisy}" "noise-20" "from_dense" Linear (Some(0.0, 0.8))
  panel false $"moved from D's end, {clean}" "clean" "from_dense" Linear (Some(0.0, 0.8))
  panel false $"calibration error, {noisy}" "noise-20" "ece" Linear (Some(0.0, 0.4))
  panel false $"calibration error, {clean}" "clean" "ece" Linear (Some(0.0, 0.4)) ]
|> picture $"Sharpness, movement and calibration at the ends of phases, {seeds} seeds" 2 130.0 true
|> save "sharpness"

for regime, words in [ "noise-20", noisy; "clean", clean ] do
    [ "initial", "initial"
      "dense", "first phase trained"
      "pruned", "half just pruned"
      "sparse", "sparse phase trained"
      "lifted", "mask lifted"
      "redense", "last phase trained" ]
    |> List.map (fun (moment, title) -> distribution regime moment title)
    |> picture $"Weights of fc1.weight, {words}, one seed" 3 110.0 false
    |> save $"weights-{regime}"
