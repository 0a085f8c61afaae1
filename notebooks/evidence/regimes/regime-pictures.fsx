// Draws dsd − control in each regime, and after first phases of several lengths: regimes.png
// and lengths.png, beside this file.
//   dotnet fsi notebooks/evidence/regimes/regime-pictures.fsx
#load "../../../scripts/dsd.fsx"
#load "marks.fsx"
#load "panels.fsx"

open System.IO
open System.IO.Compression
open Dsd.Charts
open Dsd.Data
open Dsd.Records
open Dsd.Schedules
open Dsd.Statistics
open Dsd.Studies
open Marks
open Panels

/// The results of a study, from its record.
let results name =
    let file kind = Path.Combine(__SOURCE_DIRECTORY__, kind)
    let study = Study.FromJson(File.ReadAllText(file $"studies/{name}.json"))
    use packed = new GZipStream(File.OpenRead(file $"{name}/trials.csv.gz"), CompressionMode.Decompress)
    use reader = new StreamReader(packed)
    StudyResults.FromCsv(StudyPlan.Resolve(study, CatalogTrials()), reader.ReadToEnd())

let group sparsity = $"sparsity {sparsity}, later rates × 1"

/// By how many points accuracy is higher on the train split than on validation when the first phase ends.
let gap (study: StudyResults) =
    let mean split = study.Values(group 0.3, "dsd", study.Metric, split, "dense").Values |> Seq.average

    100.0 * (mean DataSplit.Train - mean DataSplit.Validation)

let regimes =
    [ "full", "55,000<br>clean"
      "clean", "12,800<br>clean"
      "small", "2,000<br>clean"
      "noise-10", "10 %<br>wrong"
      "noise-20", "20 %<br>wrong"
      "noise-40", "40 %<br>wrong" ]
    |> List.map (fun (name, words) -> words, results name)
    |> List.sortBy (fun (_, study) -> gap study)

/// An arm less the control on the study's split: mean over the seeds, and the ends of its 95 % interval.
let less (study: StudyResults) group arm metric factor =
    let control = study.Values(group, "control", metric, study.Split)

    let difference =
        PairedDifference.Between
            [ for pair in study.Values(group, arm, metric, study.Split) do
                  if control.ContainsKey pair.Key then
                      struct (pair.Value, control[pair.Key]) ]

    let struct (low, high) = difference.Interval.Value
    factor * difference.Differences.Mean, factor * low, factor * high

/// Whether a group of the study met its gates, as its contrasts say.
let isTestable (study: StudyResults) group =
    study.Contrasts |> Seq.find (fun contrast -> contrast.Group = group) |> _.NotTestable |> isNull

/// The effect of one sparsity in all regimes: circles, open where it is not testable.
let effect metric factor (nth, sparsity, colour) isInLegend =
    let testable, others =
        [ for place, (_, study) in List.indexed regimes do
              let mean, low, high = less study (group sparsity) "dsd" (metric study) factor
              isTestable study (group sparsity), (float place + 0.12 * (float nth - 1.5), mean, low, high) ]
        |> List.partition fst

    let name = $"%g{100.0 * sparsity} %%"

    [ dots colour name (List.map snd testable) isInLegend
      openDots colour name (List.map snd others) false ]

let levels = [ 0, 0.3, 0; 1, 0.5, 2; 2, 0.8, 4; 3, 0.9, 1 ]

let panel isFirst title metric factor =
    { Title = title
      Traces = levels |> List.collect (fun level -> effect metric factor level isFirst)
      Ticks = [ for place, (words, study) in List.indexed regimes -> float place, $"{words}<br>gap %.0f{gap study}" ]
      Scale = Linear
      Across = (-0.5, float regimes.Length - 0.5)
      Range = (nan, nan) }

let save name (picture: Picture) = printfn "%s" (picture.Save(Path.Combine(__SOURCE_DIRECTORY__, name + ".png"), 600))

[ panel true "dsd − control, points of accuracy: higher is better" _.Metric 100.0
  panel false "dsd − control, loss: lower is better" (fun _ -> Metric.Loss) 1.0 ]
|> picture "Effect on test; open: not testable" 1 230.0 true
|> save "regimes"

let lengths = [ 5; 10; 20; 50; 100 ]
let place (epochs: int) = log10 (float epochs)

/// An arm less the control by the length of the first phase.
let byLength study metric factor isFirst (arm, percent, colour) =
    let points =
        [ for epochs in lengths do
              let mean, low, high = less study $"{epochs} epochs, {percent} %%" arm metric factor
              place epochs, mean, low, high ]

    banded colour $"{arm}, {percent} %%" points isFirst

let lengthPanel title traces =
    { Title = title
      Traces = traces
      Ticks = [ for epochs in lengths -> place epochs, string epochs ]
      Scale = Linear
      Across = (place 5 - 0.05, place 100 + 0.05)
      Range = (nan, nan) }

let masks = [ "dsd", 50, 0; "dsd", 80, 1; "random-mask", 50, 2; "random-mask", 80, 3 ]

let studies = [ "20 % wrong labels", results "length-noise"; "clean", results "length-clean" ]

[ for nth, (words, study) in List.indexed studies ->
      lengthPanel $"accuracy, points<br>{words}" (masks |> List.collect (byLength study study.Metric 100.0 (nth = 0)))
  for words, study in studies ->
      lengthPanel $"loss<br>{words}" (masks |> List.collect (byLength study Metric.Loss 1.0 false)) ]
|> picture "Effect by epochs of the first phase" studies.Length 200.0 true
|> save "lengths"
