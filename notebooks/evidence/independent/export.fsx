// Trains the study that check.py computes again, for three seeds on one thread, each in an ordinary run folder, and writes beside it what the
// other side starts from: initial weights, and the examples of each batch as places in the published files.
//   dotnet build core/Dsd.FSharp -c Release
//   dotnet fsi notebooks/evidence/independent/export.fsx             into runs/independent
//   dotnet fsi notebooks/evidence/independent/export.fsx FOLDER      an earlier run there is replaced
#load "../../../scripts/dsd.fsx"

open System
open System.IO
open System.Linq
open System.Text.Json
open Dsd
open Dsd.Checkpoints
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Records
open Dsd.Runs
open Dsd.Training
open TorchSharp

let root =
    Environment.GetCommandLineArgs()
    |> Array.skipWhile (fun a -> not (a.EndsWith "export.fsx"))
    |> Array.tryItem 1
    |> Option.defaultValue (Path.Combine("runs", "independent"))

let schedule = dsd {
    dense (epochs 2) (cosine 0.05 0.0005)
    sparse (epochs 1) (cosine 0.05 0.0005) 0.50
    dense (epochs 1) (cosine 0.005 0.00005)
}

let examples, batch = 2000, 64
torch.set_num_threads 1
let files = FashionMnist.Download(null, Action<string>(eprintfn "%s"))
let data = FashionMnist.Load(null, Nullable examples)

// The places of the images that FashionMnist.Load takes from the 60,000 published ones; check.py would not agree with others.
let order = CounterRandom.For(FashionMnist.ValidationSeed, "validation").Permutation(60_000)
let held = order |> Array.take FashionMnist.ValidationCount |> Array.sort
let first = Enumerable.Range(0, 60_000).Except(held).Take(examples).ToArray()

for seed in 1L .. 3L do
    let training = TrainingConfig("lenet-300-100", FashionMnist.Name, batch, Nullable examples)
    let config = RunConfig(training, schedule, seed = seed, logEverySteps = 1, device = "cpu", threads = 1)
    let task = ImageClassification(data, batch, seed)
    torch.manual_seed seed |> ignore
    use model = new LeNet300100()
    let plan = schedule |> Schedule.on model task.StepsPerEpoch

    if seed = 1L then
        show plan

    let path = Path.Combine(root, $"seed-{seed}")
    use folder = RunFolder.Create(path, config, replace = true)
    WeightFile.Save(model, Path.Combine(path, "initial.safetensors"))
    let batches = BatchOrder(examples, batch, seed)
    let places step = batches.At(step) |> fun struct (_, _, e) -> e.ToArray() |> Array.map (fun i -> first[i])

    let start =
        {| Files = Path.GetFullPath files
           Train = first
           Validation = held
           Batches = [| for step in 0L .. plan.TotalSteps - 1L -> places step |] |}

    File.WriteAllText(Path.Combine(path, "start.json"), JsonSerializer.Serialize start)
    show (FairComparison.Run(config.Arms, model, task, TrainerSettings.Of config, folder = folder))
