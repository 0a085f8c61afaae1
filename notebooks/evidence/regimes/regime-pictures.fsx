// Draws dsd − control in each regime that was run: a page under runs/pictures/regimes; prints the picture's name and its page, for draw.sh.
//   dotnet fsi notebooks/evidence/regimes/regime-pictures.fsx
#load "../../../scripts/dsd.fsx"
#load "marks.fsx"
#load "panels.fsx"

open System.IO
open System.IO.Compression
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
    [ "full", "55,000"
      "clean", "12,800"
      "small", "2,000"
      "noise-10", "10 % wrong"
      "noise-20", "20 % wrong"
      "noise-40", "40 % wrong" ]
    |> List.filter (fun (name, _) -> File.Exists(Path.Combine(__SOURCE_DIRECTORY__, name, "trials.csv.gz")))
    |> List.map (fun (name, words) -> words, results name)
    |> List.sortBy (fun (_, study) -> gap study)

/// The effect of one sparsity in all regimes: mean over the seeds and 95 % interval.
let effect metric factor (nth, sparsity, colour) isInLegend =
    let points =
        [ for place, (_, study) in List.indexed regimes do
              let values arm = study.Values(group sparsity, arm, metric study, study.Split)
              let control = values "control"

              let difference =
                  PairedDifference.Between
                      [ for pair in values "dsd" do
                            if control.ContainsKey pair.Key then
                                struct (pair.Value, control[pair.Key]) ]

              let struct (low, high) = difference.Interval.Value
              float place + 0.12 * (float nth - 1.5), factor * difference.Differences.Mean, factor * low, factor * high ]

    dots colour $"%g{100.0 * sparsity} %%" points isInLegend

let levels = [ 0, 0.3, 0; 1, 0.5, 2; 2, 0.8, 4; 3, 0.9, 1 ]

let panel isFirst title metric factor =
    { Title = title
      Traces = [ for level in levels -> effect metric factor level isFirst ]
      Ticks = [ for place, (words, study) in List.indexed regimes -> float place, $"{words}<br>gap %.0f{gap study}" ]
      Scale = Linear
      Across = (-0.5, float regimes.Length - 0.5)
      Range = (nan, nan) }

let picture =
    [ panel true "dsd − control, points of accuracy: higher is better" _.Metric 100.0
      panel false "dsd − control, loss: lower is better" (fun _ -> Metric.Loss) 1.0 ]
    |> picture "What the mask does, on test" 1 230.0 true

printfn $"""regimes {picture.Save(Path.Combine("runs", "pictures", "regimes", "regimes.html"))}"""
