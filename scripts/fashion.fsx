// The configuration that the ablations share: LeNet-300-100 on 12,800 examples of Fashion-MNIST; all arms of a seed start from the
// same first phase and see the same order. Everything is judged on validation; the test examples are not read.
[<AutoOpen>]
module Config

#load "dsd.fsx"

open Dsd.Schedules
open Dsd.Studies
open Dsd.Runs

/// The training configuration of all trials.
let setting =
    TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit = (if quick then 640 else 12800))

/// One seed yields one point, several an interval.
let seeds = if quick then [ 1L; 2L ] else [ 1L .. 5L ]

/// Named schedules, each with its control: the same phases and rates without a mask.
let study name (schedules: (string * Schedule) list) =
    let variants = [ for variant, schedule in schedules -> StudyVariant(variant, schedule) ]
    Study(name, setting, variants, [ StudyArm.Dsd; StudyArm.Control ], seeds, Judgement.Validation)
