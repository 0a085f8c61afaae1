// Your own network on your own tensors, Dense-Sparse-Dense beside a control of the same budget: dotnet run -c Release
open Dsd.FSharp
open Dsd.Schedules
open Dsd.Training
open TorchSharp
open type TorchSharp.torch.nn

Dsd.Torch.TorchRuntime.Configure()
torch.manual_seed 1L |> ignore

let layer name (m: #Module<torch.Tensor, torch.Tensor>) = struct (name, m :> Module<torch.Tensor, torch.Tensor>)

let model =
    Sequential(layer "first" (Linear(32L, 128L)), layer "relu" (ReLU()), layer "last" (Linear(128L, 8L)))

let task = Waves.create 1UL

let schedule = dsd {
    dense (epochs 6) (cosine 0.05 0.005)
    sparse (epochs 3) (constant 0.005) 0.80 |> keep "last"
    dense (epochs 3) (constant 0.0005)
}

let plan = schedule |> Schedule.on model task.StepsPerEpoch
printfn "%s" (plan.Describe())

let result =
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, TrainerSettings(seed = 1L))

printfn "%s" (result.Describe())
