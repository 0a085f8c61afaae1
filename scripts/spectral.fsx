// Spectral training beside Dense-Sparse-Dense, of LeNet-300-100 on Fashion-MNIST; then hidden nodes are pruned by eigenvalue or by weights.
//   dotnet fsi scripts/spectral.fsx           twenty minutes
//   dotnet fsi scripts/spectral.fsx --quick   some seconds
#load "fashion.fsx"

open System
open Dsd
open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Records
open Dsd.Runs
open Dsd.Schedules
open Dsd.Training

// %% The phases of every arm; all but DSD train them without a mask
let schedule rate = dsd {
    dense (epochs 6) (cosine rate (rate / 10.0))
    sparse (epochs 3) (constant (rate / 10.0)) 0.30
    dense (epochs 3) (constant (rate / 100.0))
}

let control rate = (schedule rate).AsDenseControl()
let rates = if quick then [ 0.001 ] else [ 0.001; 0.003; 0.01; 0.03; 0.1; 0.3 ]

let arms =
    [ "dense", control, None
      "dsd-30", schedule, None
      "eigenvalues", control, Some SpectralTraining.Eigenvalues
      "eigenvalues-and-phi", control, Some SpectralTraining.All
      "lambda-out-and-phi", control, Some(SpectralTraining.OutputEigenvalues ||| SpectralTraining.Eigenvectors) ]

// %% Train an arm with Adam; the same seed gives every arm the same initial weights
FashionMnist.Download(null, Action<string>(eprintfn "%s")) |> ignore
let images limit = FashionMnist.Load(null, Nullable(if quick then 640 else limit))
let network trained = trained |> Option.fold (fun model chosen -> Spectral.Transform(model, chosen)) (new LeNet300100())

let train data (name, phases, trained) (rate: float) seed =
    let task = ImageClassification(data, batchSize = 64, seed = seed)
    TorchSharp.torch.manual_seed seed |> ignore
    let model = network trained
    let plan = phases rate |> Schedule.on model task.StepsPerEpoch
    let settings = TrainerSettings(seed, OptimizerSettings.Adam(), readTest = false)
    model, task, Trainer.Run(plan, model, task, settings, arm = name)

let record (_, _, run: RunRecord) = run
let percent (measured: ValueList<MetricValue>) = 100.0 * measured[0].Value
let list scores = scores |> List.map (sprintf "%.2f") |> String.concat ", "

let summary (values: float list) =
    let struct (low, high) = Dsd.Statistics.Sample.Of(values).Interval().Value
    $"%.2f{List.average values} [%.2f{low}, %.2f{high}]"

// %% Choose each arm's rate on validation, with another seed and fewer examples; then train and test
let byValidation arm rate = percent (record (train (images 12800) arm rate 0L)).Validation.Metrics

let whole = TextTable("arm", ">rate", ">numbers trained", "accuracy on test, %", "mean, interval")
let pruned = TextTable("arm", "hidden nodes pruned by", "50 %", "70 %", "90 %")
let curves = ResizeArray<RunRecord>()

for name, phases, trained as arm in arms do
    let rate = rates |> List.maxBy (byValidation arm)
    let runs = [ for seed in seeds -> train (images 55000) arm rate seed ]
    let scores = [ for model, task, _ in runs -> percent (task.Evaluate(model, DataSplit.Test)) ]
    let numbers = network(trained).parameters() |> Seq.filter _.requires_grad |> Seq.sumBy _.numel()
    whole.Row(name, $"%g{rate}", $"{numbers:N0}", list scores, summary scores)

    let without criterion fraction (model: LeNet300100, task: ImageClassification, _) =
        let copy = network trained
        copy.load_state_dict (model.state_dict ()) |> ignore
        NodePruning.Remove(copy, Sparsity fraction, criterion) |> ignore
        percent (task.Evaluate(copy, DataSplit.Test))

    for criterion in Enum.GetValues<NodeCriterion>() do
        if trained.IsSome || criterion <> NodeCriterion.Eigenvalue then
            let at fraction = runs |> List.map (without criterion fraction) |> summary
            pruned.Row(name, string criterion, at 0.5, at 0.7, at 0.9)

    curves.Add(record (List.last runs))

show whole
show pruned
show (Draw.LearningCurves(Comparison(curves.ToValueList())))
