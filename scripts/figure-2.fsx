// Figure 2 of the paper from your own network, in numbers: are there two humps after the sparse phase, and how far do the
// old weights move in the last one? The largest layer of LeNet-5, three seeds, the rates of the paper and ten times as high.
//   dotnet fsi scripts/figure-2.fsx           some minutes
//   dotnet fsi scripts/figure-2.fsx --quick   some seconds
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
FashionMnist.Download(null, Action<string>(eprintfn "%s")) |> ignore
let data = FashionMnist.Load(null, Nullable(if quick then 640 else 12800))

let schedule factor = dsd {
    dense (epochs 6) (cosine 0.02 0.002)
    sparse (epochs 3) (constant (0.002 * factor)) 0.50 |> keep "conv1"
    dense (epochs 3) (constant (0.0002 * factor))
}

/// Trains, and returns the record with the layer's weights at the end of each phase and at the start of the sparse one.
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

/// The share of kept weights that are smaller than the smallest one kept at first, and the size at which they are densest.
let humps (kept: (float32 * float32 * float32)[]) =
    let threshold = kept |> Array.map (fun (p, _, _) -> abs p) |> Array.min |> float
    let tenths = kept |> Array.map (fun (_, r, _) -> int (float (abs r) / threshold * 10.0))
    let densest = tenths |> Array.countBy id |> Array.maxBy snd |> fst
    float (tenths |> Array.filter (fun t -> t < 10) |> Array.length) / float kept.Length, (float densest + 0.5) / 10.0

let measure name factor seed =
    let run, pruned, retrained, final = train factor seed
    let old, regrown = Array.zip3 pruned retrained final |> Array.partition (fun (p, _, _) -> p <> 0f)
    let below, densest = humps old
    let size = rms [ for _, r, _ in old -> r ]
    let moved = rms [ for _, r, f in old -> f - r ] / size
    let reach = rms [ for _, _, f in regrown -> f ] / size

    printfn
        $"| %s{name} | %d{seed} | %.2f{100.0 * below} %% | %.2f{densest} | %.2f{100.0 * moved} %% | %.2f{100.0 * reach} %% |"

    run

printfn
    "Densest is the magnitude, in thresholds, at which the old weights are densest. Move and reach are root mean squares, relative to that of the old weights."

printfn "| rates | seed | old weights below the threshold | densest | old weights move | regrown reach |"
printfn "|-------|-----:|--------------------------------:|--------:|-----------------:|--------------:|"

let seeds = if quick then [ 1L ] else [ 1L .. 3L ]
let runs = [ for seed in seeds -> measure "paper's" 1.0 seed ]
let _ = [ for seed in seeds -> measure "tenfold" 10.0 seed ]

show (Draw.Weights(List.head runs, layer))
