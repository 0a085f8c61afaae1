// A network, data, a loss and a metric of your own, trained Dense-Sparse-Dense beside a control of the same budget.
//   dotnet fsi scripts/own-data.fsx           seconds; --quick trains less

// %% Load the library
#load "dsd.fsx"

open Dsd.Charts
open Dsd.FSharp
open Dsd.Records
open Dsd.Schedules
open Dsd.Training
open TorchSharp
open type TorchSharp.torch.nn

// %% Your data: tensors, or .NET arrays such as float32[,] and int[]; one row an example
torch.manual_seed 1L |> ignore
let inputs = torch.randn [| (if quick then 600L else 3000L); 8L |]
let targets = inputs.sin().sum(1L, keepdim = true)

let struct (train, validation, test) =
    Examples.Of(inputs, targets).Split(train = 0.7, validation = 0.15, test = 0.15)

// %% Your loss and your metric: functions of outputs and targets
let within = Metric("within 0.1", MetricGoal.Higher, MetricScale.Percent)

let near =
    TaskMetric.PerExample(within, fun output target -> (output - target).abs().lt(torch.tensor 0.1))

let task =
    SupervisedTask.Of(
        train = train,
        validation = validation,
        test = test,
        loss = (fun output target -> functional.huber_loss (output, target)),
        metrics = [ near ],
        batchSize = 64,
        seed = 1L
    )

// %% Your network, and the schedule
let model = Sequential(Linear(8L, 128L), ReLU(), Linear(128L, 1L))

let schedule = dsd {
    dense (epochs (if quick then 4 else 12)) (cosine 0.1 0.01)
    sparse (epochs (if quick then 2 else 6)) (constant 0.01) 0.5
    dense (epochs (if quick then 2 else 6)) (constant 0.001)
}

// %% Both arms; progress goes to standard error
let arms = [| Arm.Dsd schedule; Arm.Control schedule |]
let result = FairComparison.Run(arms, model, task, TrainerSettings(seed = 1L), Observer.Console())

show result
show (Draw.LearningCurves result)
