namespace Dsd.FSharp

open System
open System.Collections.Generic
open Dsd.Masks
open Dsd.Records
open TorchSharp

/// <summary>What a run tells and what it asks for.</summary>
[<AutoOpen>]
module Runs =

    /// <summary>The seven things that happen in a run; a match on all seven needs no wildcard, and a forgotten one is a warning.</summary>
    /// <param name="event">What happened.</param>
    let (|RunStarted|PhaseStarted|MaskComputed|StepSampled|Evaluated|PhaseEnded|RunEnded|) (event: TrainingEvent) =
        match event with
        | :? RunStarted as started -> RunStarted started
        | :? PhaseStarted as started -> PhaseStarted started
        | :? MaskComputed as computed -> MaskComputed computed
        | :? StepSampled as sampled -> StepSampled sampled
        | :? Evaluated as evaluated -> Evaluated evaluated
        | :? PhaseEnded as ended -> PhaseEnded ended
        | last -> RunEnded(last :?> RunEnded)

    /// <summary>The functions behind <c>rankedBy (custom name)</c>, as <c>TrainerSettings(scoreFunctions = …)</c> takes them.</summary>
    /// <param name="functions">Names, each with a score of every weight: a tensor of the parameter's shape. The highest stay.</param>
    /// <exception cref="T:System.ArgumentException">A name comes twice.</exception>
    let scores (functions: (string * (PrunableWeight -> torch.Tensor)) list) : IReadOnlyDictionary<_, _> =
        functions
        |> List.map (fun (name, score) -> KeyValuePair(name, Func<PrunableWeight, torch.Tensor> score))
        |> Dictionary
        :> _
