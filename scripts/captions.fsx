// What does the paper's captioner say about pictures that it has not seen, trained with and without a mask?
//   dotnet fsi scripts/captions.fsx           ten minutes
//   dotnet fsi scripts/captions.fsx --quick   half a minute
#load "dsd.fsx"

open System
open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Records
open Dsd.Schedules
open Dsd.Training

// %% The paper's schedule for NeuralTalk: 80 % of each layer but the word table pruned, all phases in proportion
let preset = ModelCatalog.Get("neural-talk").Paper

let setting, schedule =
    if quick then
        preset.SmallConfig.WithTrainLimit 1000,
        preset.Schedule.ScaledTo(Duration.Epochs 3.0).WithRatesTimes preset.SmallRateFactor
    else
        preset.SmallConfig, preset.SmallSchedule

show (Draw.Timeline schedule)

// %% Scenes composed of Fashion-MNIST, with generated captions; features by a small network are computed once
let struct (model, opened) = CatalogTrials(null, Action<string>(eprintfn "%s")).Open(setting, 1L)
let task = opened :?> Captioning
show (schedule |> Schedule.on model task.StepsPerEpoch)

// %% Train both arms, and let each caption the validation pictures before the next starts
let captions = ResizeArray()

let settings =
    TrainerSettings(seed = 1L, optimizer = setting.Optimizer, gradientClip = setting.GradientClip, readTest = false)

let finish (arm: Arm) (trained: TorchSharp.torch.nn.Module) =
    trained.eval ()
    captions.Add(arm.Name, task.Generate(trained, DataSplit.Validation, 5))

let result =
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, settings, armDone = finish)

show result
show (Draw.LearningCurves result)

// %% Read what they say
let _, pictures = captions[0]

for i in 0 .. pictures.Count - 1 do
    let struct (image, references, _) = pictures[i]
    printfn "%s, one of five: %s" image references[0]

    for arm, written in captions do
        let struct (_, _, caption) = written[i]
        printfn "  %-8s %s" arm caption
