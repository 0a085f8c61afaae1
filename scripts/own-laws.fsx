// A criterion, an update and a broken rule of one's own, put to the laws of Dsd.Testing: what holds is listed, and what does not
// is shown by the smallest case that breaks it, as code.
//   dotnet fsi scripts/own-laws.fsx           about a minute
//   dotnet fsi scripts/own-laws.fsx --quick   some seconds
#r "nuget: FsCheck, 3.6.0"
#load "dsd.fsx"
#r "../core/Dsd.Testing/bin/Release/net10.0/Dsd.Testing.dll"

open Dsd.Charts
open Dsd.Masks
open Dsd.Schedules
open Dsd.Testing
open Loaded
open TorchSharp

let options = LawOptions(cases = (if quick then 10 else 200))

/// The change of the loss without a weight, to first order.
let saliency (layer: MaskContext) = layer.Weight.mul(layer.Gradient).abs()

printfn "%O\n" (MaskLaws.CheckScore(saliency, options = options))

/// Drops the smallest weights and grows those with the largest gradients, as RigL does.
let byGradient =
    { new DropAndGrow() with
        override _.Grow layer = layer.Gradient.abs () }

printfn "%O\n" (MaskLaws.CheckUpdate(byGradient, growsBy = (fun layer -> layer.Gradient.abs ()), options = options))

let methods = MaskMethods.None.WithCriterion("saliency", saliency).WithUpdate("by gradient", byGradient)

let rule = MaskRule(MaskCriterion.Custom "saliency", update = MaskUpdate.Custom("by gradient", 2, 0.3))

printfn "%O\n" (MaskLaws.Check(rule, methods, LawOptions(cases = (if quick then 3 else 100))))

// A fault that was shipped more than once: of equal weights at the threshold, all are pruned or none.
let strict (layer: MaskContext) (keep: int64) =
    let sizes = layer.Weight.abs().to_type(torch.float64)
    let struct (sorted, _) = sizes.flatten().sort(descending = true)
    layer.MaskOf(sizes.gt sorted[keep - 1L])

try
    MaskLaws.CheckChoice(strict, options = options) |> ignore
with :? LawException as broken ->
    printfn "%s" broken.Message

// One of the small trainings over which rules and loops are checked.
let case = (Generators.Sample(Generators.TrainingCases(), 1, 12L))[0]
printfn "%O" case
show (Draw.Timeline(case.Plan()))
