namespace Dsd.Charts

open System
open System.Collections.Generic
open System.IO
open Dsd
open Dsd.Records
open Dsd.Schedules
open Dsd.Training

/// Every second one of a list again and again, so that it never gets long.
type internal Thinned(most: int) =
    let mutable stride, seen = 1, 0

    /// Counts one more of the phase in training; true if it is kept.
    member _.Keeps() =
        seen <- seen + 1
        (seen - 1) % stride = 0

    /// Begins a phase, of which some may have been seen.
    member _.Begin count = seen <- count

    /// True, and wider from now on, if this is too many; one for each phase always stays.
    member _.Halves(count, phases) =
        let isMany = count > most + phases
        stride <- if isMany then 2 * stride else stride
        isMany

/// The record of an arm as far as its curves need it: without masks, and of long runs with some of the samples and measurements, so that drawing never takes longer and longer.
type internal GrowingRecord(record: RunRecord) =
    let samples, measurements = Thinned 800, Thinned 800
    let mutable record = record
    /// The last sample and the last measurement, where they were not kept.
    let mutable latest: TrainingEvent option * TrainingEvent option = None, None

    let everySecond (items: ValueList<'T>) =
        (items |> Seq.indexed |> Seq.filter (fun (i, _) -> i % 2 = 0) |> Seq.map snd).ToValueList()

    let thin () =
        let total (count: PhaseRecord -> int) = Seq.sumBy count record.Phases
        let fewerSamples = samples.Halves(total _.Samples.Count, record.Phases.Count)
        let fewerMeasurements = measurements.Halves(total _.Evaluations.Count, record.Phases.Count)

        if fewerSamples || fewerMeasurements then
            record <-
                RunRecord(
                    record.Start,
                    record.Phases
                    |> Seq.map (fun p ->
                        PhaseRecord(
                            p.Start,
                            ValueList.Empty,
                            (if fewerSamples then everySecond p.Samples else p.Samples),
                            (if fewerMeasurements then everySecond p.Evaluations else p.Evaluations),
                            p.End
                        ))
                    |> _.ToValueList(),
                    record.Evaluations,
                    record.End,
                    Resumptions = record.Resumptions,
                    Rollbacks = record.Rollbacks
                )

        fewerSamples || fewerMeasurements

    let whole () =
        [ fst latest; snd latest ]
        |> List.choose id
        |> List.fold (fun (known: RunRecord) happened -> known.Apply happened) record

    let apply (happened: TrainingEvent) =
        record <- record.Apply happened
        thin () |> ignore

    do
        match Seq.tryLast record.Phases with
        | Some last ->
            samples.Begin last.Samples.Count
            measurements.Begin last.Evaluations.Count

            while thin () do
                ()
        | None -> ()

    member _.Record = whole ()

    member _.IsOver = not (isNull record.End)

    member _.Add(happened: TrainingEvent) =
        match happened with
        | :? TrainingEvent.MaskComputed -> ()
        | :? TrainingEvent.StepSampled ->
            let isKept = samples.Keeps()
            latest <- (if isKept then None else Some happened), snd latest

            if isKept then
                apply happened
        | :? TrainingEvent.Evaluated as measured when measured.Split = DataSplit.Validation ->
            let isKept = measurements.Keeps()
            latest <- fst latest, (if isKept then None else Some happened)

            if isKept then
                apply happened
        | _ ->
            // What comes last in a phase stays.
            record <- (whole ()).Apply happened
            latest <- None, None

            if happened :? TrainingEvent.PhaseStarted then
                samples.Begin 0
                measurements.Begin 0

/// <summary>Learning curves below a notebook's cell, drawn again while they grow.</summary>
/// <remarks>
/// One output holds the chart's element with the first figure. A second one holds only the call that changes the figure there, so that replacing it moves nothing on the page; a saved notebook
/// shows the last figure.
/// </remarks>
/// <param name="folder">The folder of a run that continues, for the curves before it was stopped.</param>
/// <param name="output">Creates an output of the running cell; None outside a notebook.</param>
/// <param name="time">The clock.</param>
type internal LiveCurves(folder: RunFolder option, output: unit -> (obj -> unit) option, time: TimeProvider) =
    let interval = TimeSpan.FromSeconds 2.0
    let arms = List<string * GrowingRecord>()
    let mutable isOn, isRecalled = true, false
    let mutable began, due = 0L, TimeSpan.Zero
    let mutable element, change = None, None

    let tryFind name = arms |> Seq.tryFind (fun (known, _) -> known = name) |> Option.map snd

    let isOver () = arms |> Seq.forall (fun (_, run) -> run.IsOver)

    /// The records of the run's folder, where the trainer has set them back to the checkpoint.
    let recall (folder: RunFolder) =
        let known = List arms
        arms.Clear()

        for arm in folder.Config.Arms do
            let log = Path.Combine(folder.Path, arm.Name, "events.jsonl")

            if File.Exists log then
                arms.Add(arm.Name, GrowingRecord(RunRecord.Load log))

        arms.AddRange(known |> Seq.filter (fun (name, _) -> folder.Config.Arms |> Seq.forall (fun a -> a.Name <> name)))

    let draw () =
        let begun, isFirst = time.GetTimestamp(), element.IsNone
        let picture = Curves.ofRuns [ for _, run in arms -> run.Record ]

        let fragment html : obj = Fragment html

        match element, change with
        | None, _ ->
            let id = Picture.NewId()
            let first = PlotlyScript.forNotebook true + picture.Box id + "\n" + picture.Drawn(id, 50)
            output () |> Option.iter (fun show -> show (fragment first))
            element <- Some id
        | Some id, Some show -> show (fragment (picture.Drawn(id, 50)))
        | Some id, None ->
            change <- output ()
            change |> Option.iter (fun show -> show (fragment (picture.Drawn(id, 50))))

        // The first drawing compiles what draws and carries the library, so that it says nothing of what the others take.
        let cost = if isFirst then TimeSpan.Zero else time.GetElapsedTime begun

        // The kernel keeps what a cell has shown until the cell ends.
        due <- time.GetElapsedTime began + List.max [ interval; time.GetElapsedTime began / 100.0; 50.0 * cost ]

    let begin' name =
        if isOver () || (tryFind name).IsSome then
            arms.Clear()
            element <- None
            change <- None
            began <- time.GetTimestamp()
            due <- TimeSpan.Zero
            isRecalled <- false
            isOn <- (output ()).IsSome

    let add name (happened: TrainingEvent) =
        match happened, folder with
        | :? TrainingEvent.RunResumed as resumed, Some folder when resumed.Step > 0L && not isRecalled ->
            isRecalled <- true
            recall folder
        | _ -> tryFind name |> Option.iter _.Add(happened)

        match happened with
        | :? TrainingEvent.StepSampled
        | :? TrainingEvent.Evaluated when time.GetElapsedTime began >= due -> draw ()
        | :? TrainingEvent.RunEnded when isOver () -> draw ()
        | _ -> ()

    let observe (arm: Arm) (happened: TrainingEvent) =
        try
            if happened :? TrainingEvent.RunStarted then
                begin' arm.Name
                arms.Add(arm.Name, GrowingRecord RunRecord.Empty)

            if isOn then
                add arm.Name happened
        with e ->
            // The run and its record are worth more than a picture of it.
            isOn <- false

            Console.Error.WriteLine
                $"The learning curves can no longer be drawn: {e.Message.TrimEnd '.'}. Training goes on without them."

    /// <summary>Creates an output of the running cell; None outside a notebook.</summary>
    static member Cell() =
        NotebookOutput.Here()
        |> Option.ofObj
        |> Option.map (fun cell -> fun (value: obj) -> cell.Show value)

    member _.Observer = Observer.OfArms(Action<_, _>(observe))
