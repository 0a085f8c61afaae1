// Loads the library into a script or notebook: `#load "dsd.fsx"` with the path to this file.
// Build first: dotnet build core/Dsd.FSharp -c Release
[<AutoOpen>]
module Loaded

#I "../core/Dsd.FSharp/bin/Release/net10.0"
#r "TorchSharp.dll"
#r "Plotly.NET.dll"
#r "Dsd.Torch.dll"
#r "Dsd.dll"
#r "Dsd.Models.dll"
#r "Dsd.Data.dll"
#r "Dsd.Charts.dll"
#r "Dsd.FSharp.dll"

open System
open System.Collections.Generic
open System.IO
open Dsd.Charts
open Dsd.Studies

Dsd.Torch.TorchRuntime.Configure()
Dsd.FSharp.Interactive.printTexts ()

/// True to only show that a script works: `--quick`, or the variable DSD_QUICK in a notebook.
let quick =
    Array.contains "--quick" (Environment.GetCommandLineArgs())
    || not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable "DSD_QUICK"))

let private shown = Dictionary<string, int>()

/// What pictures are saved as: the variable DSD_PICTURES, such as svg, or png:560 for a width in pixels. Default: html.
let private ending, width =
    match Environment.GetEnvironmentVariable "DSD_PICTURES" with
    | null
    | "" -> "html", 960
    | wanted ->
        let parts = wanted.Split ':'
        parts[0], (if parts.Length > 1 then int parts[1] else 960)

/// Shows a value in a terminal: a picture as a file under runs/pictures, anything else as its text.
/// The second picture of a script with the same title gets the number 2, and so on.
let show (value: obj) =
    match value with
    | :? Picture as picture ->
        let words (text: string) = Text.RegularExpressions.Regex.Replace(text.ToLowerInvariant(), "[^a-z0-9]+", "-")
        let script = Environment.GetCommandLineArgs() |> Array.tryFind _.EndsWith(".fsx")

        let name = Path.GetFileNameWithoutExtension(defaultArg script "picture") + "-" + words picture.Title

        let number = shown.GetValueOrDefault name + 1
        shown[name] <- number
        let file = if number = 1 then name else $"{name}-{number}"

        printfn "picture: %s" (picture.Save(Path.Combine("runs", "pictures", $"{file}.{ending}"), width))
    | _ -> printfn "%O" value

/// Runs a study in this process, in runs/NAME; a stopped one resumes, a finished one is read.
let run (trials: ITrialSource) (study: Study) =
    let folder = Path.Combine("runs", (if quick then "quick-" else "") + study.Name)
    study.Run(folder, trials)
