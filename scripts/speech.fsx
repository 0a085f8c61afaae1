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
        preset.Small.Config.WithTrainLimit 64,
        preset.Schedule.ScaledTo(Duration.Epochs 5.0).WithRatesTimes preset.Small.RateFactor
    else
        preset.Small.Config, preset.SmallSchedule

show (Draw.Timeline schedule)

// %% Czech sentences of a game's characters; whole levels are held out
let struct (model, opened) = CatalogTrials(null, Action<string>(eprintfn "%s")).Open(setting, 1L)
let task = opened :?> SpeechRecognition
show (schedule |> Schedule.on model task.StepsPerEpoch)

// %% Train both arms, and let each transcribe some validation sentences before the next starts
let sentences = task.Data.Validation.Utterances |> Seq.take 5 |> Seq.toArray
let heard = Collections.Generic.Dictionary<string, Collections.Generic.IReadOnlyList<string>>()

let settings =
    TrainerSettings(seed = 1L, optimizer = setting.Optimizer, gradientClip = setting.GradientClip, readTest = false)

let finish (arm: Arm) (trained: TorchSharp.torch.nn.Module) =
    trained.eval ()
    heard[arm.Name] <- task.Transcribe(trained, sentences)

let result =
    FairComparison.Run([| Arm.Dsd schedule; Arm.Control schedule |], model, task, settings, armDone = finish)

show result
show (Draw.LearningCurves result)

// %% Read what they hear
for i in 0 .. sentences.Length - 1 do
    printfn "said     %s" sentences[i].Transcript

    for KeyValue(arm, transcripts) in heard do
        printfn "%-8s %s" arm transcripts[i]
