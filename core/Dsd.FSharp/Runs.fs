namespace Dsd.FSharp

open Dsd.Masks
open Dsd.Records
open TorchSharp

/// <summary>Patterns over the events of a run, and the custom functions that a run uses.</summary>
[<AutoOpen>]
module Runs =

    /// <summary>Matches the start of a run.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|RunStarted|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.RunStarted as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches the start of a phase.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|PhaseStarted|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.PhaseStarted as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches a choice of masks.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|MaskComputed|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.MaskComputed as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches a sampled training loss.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|StepSampled|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.StepSampled as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches a measurement on a split.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|Evaluated|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.Evaluated as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches the end of a phase.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|PhaseEnded|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.PhaseEnded as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches the end of a run.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|RunEnded|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.RunEnded as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches the point where a stopped run continues.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|RunResumed|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.RunResumed as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Matches a return to a checkpoint.</summary>
    /// <param name="event">The event.</param>
    [<return: Struct>]
    let (|RolledBack|_|) (event: TrainingEvent) =
        match event with
        | :? TrainingEvent.RolledBack as e -> ValueSome e
        | _ -> ValueNone

    /// <summary>Makes mask methods of the functions behind <c>rankedBy (custom name)</c>, as <c>TrainerSettings(methods = …)</c> takes them.</summary>
    /// <param name="functions">Names, each with a function that scores every weight in a tensor of the weights' shape; the highest stay.</param>
    /// <exception cref="T:System.ArgumentException">A name is repeated or built in.</exception>
    let scores (functions: (string * (MaskContext -> torch.Tensor)) list) =
        (MaskMethods.None, functions)
        ||> List.fold (fun methods (name, score) -> methods.WithCriterion(name, score))
