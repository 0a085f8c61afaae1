// What does the paper's Deep Speech hear in sentences of levels that it has not heard, trained with and without masks?
//   dotnet fsi scripts/speech.fsx           five minutes
//   dotnet fsi scripts/speech.fsx --quick   half a minute
#load "dsd.fsx"

open System
open Dsd.Charts
open Dsd.Data
open Dsd.FSharp
open Dsd.Models
open Dsd.Records
open Dsd.Schedules
open Dsd.Training

// %% The paper's schedule for Deep Speech: dense, half pruned, dense, a quarter pruned, dense
let preset = ModelCatalog.Get("deep-speech").Paper

let setting, schedule =
    if quick then
        preset.SmallConfig.WithTrainLimit 32,
        preset.Schedule.ScaledTo(Duration.Epochs 5.0).WithRatesTimes preset.SmallRateFactor
    else
        preset.SmallConfig, preset.SmallSchedule

show (Draw.Timeline schedule)

// %% Czech sentences of a game's characters; whole levels are held out
let struct (model, opened) = CatalogTrials(null, Action<string>(eprintfn "%s")).Open(setting, 1L)
let task = opened :?> SpeechRecognition
show (schedule |> Schedule.on model task.StepsPerEpoch)

// %% Train both arms, and let each transcribe some validation sentences before the next starts
let heard = ResizeArray()

let settings =
    TrainerSettings(seed = 1L, optimizer = setting.Optimizer, gradientClip = setting.GradientClip, readTest = false)

let finish (arm: Arm) (trained: TorchSharp.torch.nn.Module) =
    trained.eval ()
    heard.Add(arm.Name, task.Transcribe(trained, DataSplit.Validation, 5))

let result =
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, settings, armDone = finish)

show result
show (Draw.LearningCurves result)

// %% Read what they hear
let _, sentences = heard[0]

for i in 0 .. sentences.Count - 1 do
    let struct (_, said, _) = sentences[i]
    printfn "said     %s" said

    for arm, transcripts in heard do
        let struct (_, _, transcript) = transcripts[i]
        printfn "%-8s %s" arm transcript
