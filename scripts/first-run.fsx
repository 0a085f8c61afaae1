// Trains LeNet-300-100 Dense-Sparse-Dense beside a control of the same budget, and prints both.
//   dotnet build core/Dsd.Cli -c Release
//   dotnet fsi scripts/first-run.fsx             half a minute
//   dotnet fsi scripts/first-run.fsx --quick     a few seconds
#load "dsd.fsx"

open Dsd.Schedules
open Dsd.Training
open Dsd.Models
open Dsd.Data
open TorchSharp

let quick = fsi.CommandLineArgs |> Array.contains "--quick"
let limit = if quick then System.Nullable 640 else System.Nullable()
let epochs n = Duration.Epochs n

// Each phase has a length, a rate and a sparsity; fc3, the output layer, stays dense.
let schedule =
    Schedule.Dsd(
        epochs 4.0,
        epochs 2.0,
        epochs 2.0,
        sparsity = 0.5,
        rate = 0.05,
        layers = LayerScope.Default.Keep "fc3"
    )

let where = FashionMnist.Obtain(null, System.Action<string>(printfn "%s"))
let data = FashionMnist.Load(null, limit)
let task = ImageClassification(data, batchSize = 64, seed = 1L)
torch.manual_seed 1L |> ignore
let model = new LeNet300100()

printfn "%s" (schedule.On(model, task.StepsPerEpoch).Describe())

let comparison =
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, TrainerSettings(seed = 1L))

printfn "%s" (comparison.Describe())
