// A custom mask criterion, here weight times gradient (the change of the loss without the weight, to first order): first its
// properties checked on random tensors, then compared with magnitude.
//   dotnet fsi scripts/own-criterion.fsx           about a minute
//   dotnet fsi scripts/own-criterion.fsx --quick   some seconds
#r "nuget: FsCheck, 3.6.0"
#load "fashion.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Masks
open Dsd.Schedules
open FsCheck.FSharp
open TorchSharp

let saliency (layer: MaskContext) = layer.Weight.mul(layer.Gradient).abs()

let choose (sparsity: float) (weights: float32[]) (gradients: float32[]) =
    use scope = torch.NewDisposeScope()
    let layer = MaskContext("w", torch.tensor weights, torch.tensor gradients)
    let mask = MaskSet.Choose(layer, Sparsity sparsity, saliency)
    [ for i in 0L .. mask.Count - 1L -> mask[i] ]

/// Tensors of up to 60 weights with values from a small set, so that ties are frequent, and a sparsity.
let cases = gen {
    let! n = Gen.choose (1, 60)
    let values = Gen.arrayOfLength n (Gen.choose (-8, 8) |> Gen.map (fun v -> float32 v / 4.0f))
    return! Gen.zip3 values values (Gen.choose (0, 95) |> Gen.map (fun p -> float p / 100.0))
}

let check name law =
    FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure, Prop.forAll (Arb.fromGen cases) law)
    printfn "holds: %s" name

let kept mask = mask |> List.filter id |> List.length

check "exactly as many weights stay as the sparsity says" (fun (w, g, s) ->
    kept (choose s w g) = int ((Sparsity s).Kept(int64 w.Length)))

check "no weight that is pruned is worth more than one that stays" (fun (w, g, s) ->
    let worth = List.init w.Length (fun i -> abs (w[i] * g[i]))
    let stays, goes = List.zip (choose s w g) worth |> List.partition fst
    goes.IsEmpty || List.max (List.map snd goes) <= List.min (List.map snd stays))

check "a positive factor changes nothing" (fun (w, g, s) -> choose s w g = choose s (Array.map ((*) 4.0f) w) g)

let schedule criterion = dsd {
    dense (epochs 3) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) 0.80 |> keep "fc3" |> rankedBy criterion
    dense (epochs 2) (constant 0.0005)
}

let results =
    [ "magnitude", magnitude; "weight × gradient", custom "saliency"; "random", atRandom 1L ]
    |> List.map (fun (name, criterion) -> name, schedule criterion)
    |> study "own-criterion"
    |> run (CatalogTrials(methods = scores [ ("saliency", saliency) ]))

show results
show (Draw.Effects results)
