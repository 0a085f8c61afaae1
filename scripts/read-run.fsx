// Trains LeNet-5 briefly, keeps the record in a folder, reads it back, and draws the paper's Figure 2 from it.
//   dotnet fsi scripts/read-run.fsx              a minute
//   dotnet fsi scripts/read-run.fsx --quick      a few seconds

// %% Load the library
#load "dsd.fsx"

open System
open System.IO
open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Records
open Dsd.Schedules
open Dsd.Training
open TorchSharp

// %% Train, and write its events to the log
let folder = Path.Combine("runs", "read-run-" + DateTime.Now.ToString "yyyyMMdd-HHmmss")
let logFile = Path.Combine(folder, "dsd", "events.jsonl")
FashionMnist.Download(null, Action<string>(eprintfn "%s")) |> ignore
let data = FashionMnist.Load(null, Nullable(if quick then 640 else 12800))
let task = ImageClassification(data, batchSize = 64, seed = 1L)

let schedule = dsd {
    dense (epochs 3) (cosine 0.02 0.002)
    sparse (epochs 2) (constant 0.01) 0.70 |> keep "fc2"
    dense (epochs 2) (constant 0.005)
}

let train () =
    Directory.CreateDirectory(Path.Combine(folder, "dsd")) |> ignore
    use log = new EventLog(logFile)
    torch.manual_seed 1L |> ignore
    use model = new LeNet5()
    let plan = schedule |> Schedule.on model task.StepsPerEpoch
    Trainer.Run(plan, model, task, TrainerSettings(seed = 1L), fun e -> log.Write e)

let trained = train ()

// %% Read it back: the log is the record
let run = RunRecord.Load logFile

show $"the record read back is the one that was returned: {run = trained}"

// %% The run at a glance
show run

// %% The curves
show (Draw.LearningCurves run)

// %% Figure 2 of the paper, from your own network
show (Draw.Weights(run, "fc1.weight"))

// %% All layers
show (Draw.WeightsOfAllLayers run)

// %% What the mask held, layer by layer
show (Draw.Sparsity run)
