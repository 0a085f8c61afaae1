// The setting that the ablations share: LeNet-300-100 learns Fashion-MNIST from 12,800 examples, in every arm of every seed
// from the same first phase and in the same order. Everything is judged on validation; the test examples are not read.
[<AutoOpen>]
module Setting

#load "dsd.fsx"

open System
open Dsd.Data
open Dsd.Models
open Dsd.Schedules
open Dsd.Training
open TorchSharp

FashionMnist.Obtain(null, Action<string>(eprintfn "%s")) |> ignore
let data = FashionMnist.Load(null, Nullable(if quick then 640 else 12800))

/// One seed gives one dot; from several comes an interval.
let seeds = if quick then [ 1L; 2L ] else [ 1L .. 5L ]

/// Trains a schedule of one seed beside its control: the same phases and rates without a mask.
let compareWith scoreFunctions (seed: int64) schedule =
    torch.manual_seed seed |> ignore
    use model = new LeNet300100()
    let task = ImageClassification(data, batchSize = 64, seed = seed)
    let settings = TrainerSettings(seed = seed, readTest = false, scoreFunctions = scoreFunctions)
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, settings)

/// The same without a criterion of one's own.
let compare seed schedule = compareWith null seed schedule
