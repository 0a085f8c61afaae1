// Figure 2 of the paper from a network of one's own, in numbers: do two humps stand after the sparse phase, and how far do the
// old weights move in the last one? The largest layer of LeNet-5, three seeds, the rates of the paper and ten times as high.
//   dotnet fsi scripts/figure-2.fsx           some minutes
//   dotnet fsi scripts/figure-2.fsx --quick   some seconds
#r "../core/Dsd.FSharp/bin/Release/net10.0/MathNet.Numerics.dll"
#load "dsd.fsx"

open System
open System.Collections.Generic
open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Records
open Dsd.Training
open TorchSharp

let layer = "fc1.weight"
FashionMnist.Obtain(null, Action<string>(eprintfn "%s")) |> ignore
let data = FashionMnist.Load(null, Nullable(if quick then 640 else 12800))

let schedule factor = dsd {
    dense (epochs 6) (cosine 0.02 0.002)
    sparse (epochs 3) (constant (0.002 * factor)) 0.50 |> keep "conv1"
    dense (epochs 3) (constant (0.0002 * factor))
}

/// Trains, and gives the record with the layer's weights as the phases end and as the sparse one begins.
let train factor seed =
    torch.manual_seed seed |> ignore
    use model = new LeNet5()
    let task = ImageClassification(data, batchSize = 64, seed = seed)
    let weights = List<float32[]>()
    let keep () = weights.Add(model.state_dict().[layer].data<float32>().ToArray())

    let run =
        Trainer.Run(
            schedule factor |> Schedule.on model task.StepsPerEpoch,
            model,
            task,
            TrainerSettings(seed = seed, readTest = false),
            function
            | PhaseStarted s when s.Phase = 1 -> keep ()
            | PhaseEnded _ -> keep ()
            | _ -> ()
        )

    run, weights[1], weights[2], weights[3]

let rms (values: float32 seq) = values |> Seq.averageBy (fun v -> float v * float v) |> sqrt

/// Of the weights that the mask kept, how many are smaller than the smallest it kept at first; the size at which they are densest.
let humps (pruned: float32[]) (retrained: float32[]) =
    let kept = Array.zip pruned retrained |> Array.filter (fun (p, _) -> p <> 0f)
    let threshold = kept |> Array.map (fst >> abs) |> Array.min |> float
    let width = threshold / 10.0

    let densest =
        kept |> Array.countBy (fun (_, r) -> int (float (abs r) / width)) |> Array.maxBy snd |> fst

    let below = kept |> Array.filter (fun (_, r) -> float (abs r) < threshold) |> Array.length
    float below / float kept.Length, (float densest + 0.5) * width / threshold

printfn
    "| rates | seed | kept weights below the threshold | densest at | old weights move | reborn reach | Pearson r, old weights |"

printfn
    "|-------|-----:|---------------------------------:|-----------:|-----------------:|-------------:|-----------------------:|"

let runs =
    [ for name, factor in [ "paper's", 1.0; "tenfold", 10.0 ] do
          for seed in (if quick then [ 1L ] else [ 1L .. 3L ]) do
              let run, pruned, retrained, final = train factor seed
              let below, densest = humps pruned retrained
              let old = Array.zip3 pruned retrained final |> Array.filter (fun (p, _, _) -> p <> 0f)
              let reborn = Array.zip pruned final |> Array.filter (fun (p, _) -> p = 0f) |> Array.map snd
              let size = rms (Array.map (fun (_, r, _) -> r) old)
              let moved = rms (Array.map (fun (_, r, f) -> f - r) old) / size

              let r =
                  MathNet.Numerics.Statistics.Correlation.Pearson(
                      Seq.map (fun (_, r, _) -> float r) old,
                      Seq.map (fun (_, _, f) -> float f) old
                  )

              printfn
                  "| %s | %d | %.2f %% | %.2f × threshold | %.2f %% of their size | %.2f %% of it | %.5f |"
                  name
                  seed
                  (100.0 * below)
                  densest
                  (100.0 * moved)
                  (100.0 * rms reborn / size)
                  r

              run ]

show (Draw.Weights(List.head runs, layer))
