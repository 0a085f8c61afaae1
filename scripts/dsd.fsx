// Loads the library into a script or notebook: `#load "dsd.fsx"` with the path to this file.
// Build first: dotnet build core/Dsd.FSharp -c Release
[<AutoOpen>]
module Loaded

#I "../core/Dsd.FSharp/bin/Release/net10.0"
#r "TorchSharp.dll"
#r "Plotly.NET.dll"
#r "Dsd.dll"
#r "Dsd.Models.dll"
#r "Dsd.Data.dll"
#r "Dsd.Charts.dll"
#r "Dsd.FSharp.dll"

open System
open System.IO
open Dsd.Charts

Dsd.Native.NativeTorch.Load()
Dsd.FSharp.Interactive.printTexts ()

/// Whether a script is only to show that it works: `--quick`, or the variable DSD_QUICK in a notebook.
let quick =
    Array.contains "--quick" (Environment.GetCommandLineArgs())
    || not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable "DSD_QUICK"))

/// Shows a value in a terminal: a picture as a page under runs/pictures, anything else as its text.
let show (value: obj) =
    match value with
    | :? Picture as picture ->
        let words (text: string) = Text.RegularExpressions.Regex.Replace(text.ToLowerInvariant(), "[^a-z0-9]+", "-")
        let script = Environment.GetCommandLineArgs() |> Array.tryFind _.EndsWith(".fsx")

        let name = Path.GetFileNameWithoutExtension(defaultArg script "picture") + "-" + words picture.Title

        printfn "picture: %s" (picture.Save(Path.Combine("runs", "pictures", name + ".html")))
    | _ -> printfn "%O" value

/// Does some work for each item, and says on standard error how far it is and how long the rest will take.
let progress (work: 'a -> 'b) (items: 'a list) =
    let clock = Diagnostics.Stopwatch.StartNew()

    [ for i, item in List.indexed items do
          work item
          let left = clock.Elapsed * (float (items.Length - i - 1) / float (i + 1))
          eprintfn $"%d{i + 1} of %d{items.Length} done, about %.0f{left.TotalSeconds} s left" ]
