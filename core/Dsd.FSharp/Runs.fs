namespace Dsd.FSharp

open Dsd.Masks
open Dsd.Records
open TorchSharp

/// <summary>Patterns over the events of a run, and the custom functions that a run uses.</summary>
[<AutoOpen>]
module Runs =

    /// <summary>Matches the seven events of a run; a match on all seven needs no wildcard, and a missing one is a warning.</summary>
    /// <param name="event">The event.</param>
    let (|RunStarted|PhaseStarted|MaskComputed|StepSampled|Evaluated|PhaseEnded|RunEnded|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.RunStarted as started -> RunStarted started
        | :? TrainingEvent.PhaseStarted as started -> PhaseStarted started
        | :? TrainingEvent.MaskComputed as computed -> MaskComputed computed
        | :? TrainingEvent.StepSampled as sampled -> StepSampled sampled
        | :? TrainingEvent.Evaluated as evaluated -> Evaluated evaluated
        | :? TrainingEvent.PhaseEnded as ended -> PhaseEnded ended
        | last -> RunEnded(last :?> TrainingEvent.RunEnded)

    /// <summary>Makes mask methods of the functions behind <c>rankedBy (custom name)</c>, as <c>TrainerSettings(methods = …)</c> takes them.</summary>
    /// <param name="functions">Names, each with a function that scores every weight in a tensor of the weights' shape; the highest stay.</param>
    /// <exception cref="T:System.ArgumentException">A name is repeated or built in.</exception>
    let scores (functions: (string * (MaskContext -> torch.Tensor)) list) =
        (MaskMethods.None, functions)
        ||> List.fold (fun methods (name, score) -> methods.WithCriterion(name, score))
