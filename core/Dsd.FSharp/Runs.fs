namespace Dsd.FSharp

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

    /// <summary>The functions behind <c>rankedBy (custom name)</c>, as <c>TrainerSettings(methods = …)</c> takes them.</summary>
    /// <param name="functions">Names, each with a score of every weight: a tensor of the weights' shape. The highest stay.</param>
    /// <exception cref="T:System.ArgumentException">A name comes twice, or is built in.</exception>
    let scores (functions: (string * (MaskContext -> torch.Tensor)) list) =
        (MaskMethods.None, functions)
        ||> List.fold (fun methods (name, score) -> methods.WithCriterion(name, score))
