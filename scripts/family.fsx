// The family in one picture: how sparse each layer is over time, under every method of the library.
//   dotnet fsi scripts/family.fsx           two minutes
//   dotnet fsi scripts/family.fsx --quick   some seconds

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Schedules
open Dsd.Training
open TorchSharp

// %% A method is a function that returns a schedule
let length, every = (if quick then epochs 2.0 else epochs 10.0), steps (if quick then 2L else 50L)
let rate = cosine 0.05 0.0

show (Methods.Rigl(length, rate, interval = every))

// %% The plan of RigL, before anything is trained
FashionMnist.Download() |> ignore

let task =
    ImageClassification(FashionMnist.Load(trainLimit = (if quick then 640 else 12800)), batchSize = 64, seed = 1L)

torch.manual_seed 1L |> ignore
let model = new LeNet300100()
show (Methods.Rigl(length, rate, interval = every) |> Schedule.on model task.StepsPerEpoch)

// %% Every method for the same length at the same rate, from the same weights
let arms =
    [| Arm("dsd", Methods.Dsd(length, 0.05, 0.5))
       Arm("gradual", Methods.Gradual(length, rate, interval = every))
       Arm("one-shot", Methods.OneShot(length, rate))
       Arm("ac-dc", Methods.AcDc(length, rate, cycle = 0.125))
       Arm("rigl", Methods.Rigl(length, rate, interval = every))
       Arm("set", Methods.SparseEvolution(length, rate))
       Arm("snip", Methods.Snip(length, rate))
       Arm("movement", Methods.MovementPruning(length, rate, interval = every))
       Arm("lottery-ticket", Methods.LotteryTicket(length, rate, rounds = 3, rewindTo = 0.2))
       Arm("surgery", Methods.NetworkSurgery(length, rate, interval = every))
       Arm("sr-ste", Methods.SrSte(length, rate, layers = LayerScope.Default.Keep("fc3"))) |]

let result = FairComparison.Run(arms, model, task, TrainerSettings(seed = 1L, readTest = false))

// %% The family in one picture
show (Draw.SparsityOverTime result)

// %% What a flat line hides: the masks of RigL move
show (Draw.MaskChanges(result.Runs |> Seq.find (fun run -> run.Arm = "rigl")))

// %% How each learned
show (Draw.LearningCurves result)
