// Trains LeNet-300-100 Dense-Sparse-Dense beside a control of the same budget, and shows both.
//   dotnet build core/Dsd.FSharp -c Release
//   dotnet fsi scripts/first-run.fsx             half a minute
//   dotnet fsi scripts/first-run.fsx --quick     a few seconds

// %% Load the library
#load "dsd.fsx"

open System
open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Schedules
open Dsd.Training
open TorchSharp

// %% Write the schedule down
let schedule = dsd {
    dense (epochs 4) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.005) 0.50 |> keep "fc3"
    dense (epochs 2) (constant 0.0005)
}

show schedule

// %% Fetch the data and build the network
FashionMnist.Download(null, Action<string>(eprintfn "%s")) |> ignore
let data = FashionMnist.Load(null, (if quick then Nullable 640 else Nullable()))
let task = ImageClassification(data, batchSize = 64, seed = 1L)
torch.manual_seed 1L |> ignore
let model = new LeNet300100()

// %% See what the schedule will do to each layer
let plan = schedule |> Schedule.on model task.StepsPerEpoch

show plan

// %% Train both arms
let result =
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, TrainerSettings(seed = 1L))

show result

// %% See how training went
show (Draw.LearningCurves result)
