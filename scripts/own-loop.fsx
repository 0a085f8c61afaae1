// A custom training loop: three calls of a session maintain the masks, whatever else the loop does.
//   dotnet fsi scripts/own-loop.fsx           seconds; --quick trains less
#load "dsd.fsx"

Dsd.Torch.TorchRuntime.Configure() // once, before anything is computed; dsd.fsx has done it, and a program of your own must

open Dsd.Charts
open Dsd.FSharp
open Dsd.Plans
open Dsd.Records
open Dsd.Training
open TorchSharp
open type TorchSharp.torch.nn

// The network and the data are not from the library: eight noisy waves to classify.
torch.manual_seed 1L |> ignore
let layer name (m: #Module<torch.Tensor, torch.Tensor>) = struct (name, m :> Module<torch.Tensor, torch.Tensor>)

let model =
    Sequential(layer "first" (Linear(32L, 128L)), layer "relu" (ReLU()), layer "last" (Linear(128L, 8L)))

let waves = torch.arange(1.0, 9.0).unsqueeze(1L) * torch.linspace (0.0, 6.28, 32L)

let batch () =
    let classes = torch.randint (8L, [| 64L |])
    waves.index_select(0L, classes).sin() + 0.8.ToScalar() * torch.randn [| 64L; 32L |], classes

let schedule = dsd {
    dense (epochs 4) (cosine 0.05 0.005)
    sparse (epochs 2) (constant 0.01) 0.80
    dense (epochs 2) (constant 0.005)
}

let plan = schedule |> Schedule.on model (if quick then 20 else 200)
let events = ResizeArray<TrainingEvent>()
let optimizer = torch.optim.SGD(model.parameters (), 0.05, momentum = 0.9)
let session = new Session(plan, model, optimizer, fun e -> events.Add e)

while session.BeginStep() do
    use scope = torch.NewDisposeScope()
    let input, classes = batch ()
    optimizer.zero_grad ()
    let loss = functional.cross_entropy (model.forward input, classes)
    loss.backward ()
    session.MaskGradients()
    utils.clip_grad_norm_ (model.parameters (), 1.0) |> ignore
    optimizer.step () |> ignore
    session.EndStep()

    if session.IsPhaseDone then
        printfn
            $"%-8s{session.Phase.Phase.Name} loss %.4f{loss.item<float32>()}, rate %g{session.Plan.RateAt(session.Step - 1L)}"

session.Dispose()
let record = RunRecord.Fold events
printfn $"weights masked in the sparse phase: %.1f{100.0 * record.Phases[1].Sparsity.Value} %%"
show (Draw.Weights(record, "first.weight"))
