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

/// What every arm of a seed is trained with, unless a script says otherwise.
let judged seed = TrainerSettings(seed = seed, readTest = false)

/// Trains a schedule beside its control: the same phases and rates without a mask.
let compareWith (settings: TrainerSettings) schedule =
    torch.manual_seed settings.Seed |> ignore
    use model = new LeNet300100()
    let task = ImageClassification(data, batchSize = 64, seed = settings.Seed)
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, settings)

/// The same with nothing of one's own.
let compare seed schedule = compareWith (judged seed) schedule
