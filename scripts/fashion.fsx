// The setting that the ablations share: LeNet-300-100 learns Fashion-MNIST from 12,800 examples, in every arm of every seed
// from the same first phase and in the same order. Everything is judged on validation; the test examples are not read.
[<AutoOpen>]
module Config

#load "dsd.fsx"

open Dsd.Schedules
open Dsd.Studies
open Dsd.Runs

/// What all trials are trained on and with.
let setting =
    TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = (if quick then 640 else 12800))

/// One seed gives one dot; from several comes an interval.
let seeds = if quick then [ 1L; 2L ] else [ 1L .. 5L ]

/// Named schedules, each beside its control: the same phases and rates without a mask.
let study name (schedules: (string * Schedule) list) =
    let variants = [ for variant, schedule in schedules -> StudyVariant(variant, schedule) ]
    Study(name, setting, variants, [ StudyArm.Dsd; StudyArm.Control ], seeds, Judgement.Validation)
