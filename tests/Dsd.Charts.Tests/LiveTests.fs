namespace Dsd.Charts.Tests

open System
open System.Collections.Generic
open Dsd
open Dsd.Charts
open Dsd.Records
open Dsd.Schedules
open Dsd.Training
open Xunit

/// A clock that stands still unless it is moved.
type StillClock() =
    inherit TimeProvider()
    member val Now = TimeSpan.Zero with get, set
    override this.GetTimestamp() = this.Now.Ticks
    override _.TimestampFrequency = TimeSpan.TicksPerSecond

/// Outputs of a cell, each with what was shown in it.
type Cell() =
    member val Outputs = List<List<string>>()

    member this.Output() =
        let shown = List<string>()

        Some(fun (value: obj) ->
            if shown.Count = 0 then
                this.Outputs.Add shown

            shown.Add(nonNull (Display.Html value)))

type LiveTests() =

    let clock, cell = StillClock(), Cell()
    let live () = LiveCurves(None, cell.Output, clock).Observer
    let arms = [ Arm.Dsd Run.dsd; Arm.Control Run.dsd ]
    let events = [ for arm in arms -> arm, (Run.lenet arm.Name arm.Schedule).Events ]

    /// Both arms begin before either trains, as in a comparison.
    let told =
        [ for arm, events in events -> arm, events.Head
          for arm, events in events do
              for happened in events.Tail -> arm, happened ]

    let drawn (html: string) = html.Substring(html.LastIndexOf "dsdDraw(")

    let idOf html = (drawn html).Split '"' |> Array.item 1

    let json (html: string) =
        let call = drawn html
        let from = call.IndexOf '{'
        call.Substring(from, call.LastIndexOf '}' + 1 - from)

    [<Fact>]
    member _.``one output holds the chart and another one changes it, at most every two seconds and at the end``() =
        let observer = live ()

        for arm, happened in told do
            observer.Observe(arm, happened)
            clock.Now <- clock.Now + TimeSpan.FromSeconds 0.25

        Assert.Equal(2, cell.Outputs.Count)
        let first = Assert.Single cell.Outputs[0]
        Assert.Contains("class=\"dsd-chart\"", first)
        let id = idOf first
        Assert.All(cell.Outputs[1], (fun change -> Assert.StartsWith($"<script>dsdDraw(\"{id}\", ", change)))
        Assert.InRange(cell.Outputs[1].Count, 3, 1 + int (clock.Now.TotalSeconds / 2.0))
        let whole = Comparison([ for _, events in events -> RunRecord.Fold events ].ToValueList())
        Assert.Equal((Draw.LearningCurves whole).Json, json (Seq.last cell.Outputs[1]))

    [<Fact>]
    member _.``a first drawing that takes long puts off no other``() =
        let slowAtFirst () =
            cell.Output()
            |> Option.map (fun show ->
                fun value ->
                    show value

                    if cell.Outputs.Count = 1 then
                        clock.Now <- clock.Now + TimeSpan.FromSeconds 1.0)

        let observer = LiveCurves(None, slowAtFirst, clock).Observer

        for arm, happened in told do
            if cell.Outputs.Count < 2 then
                observer.Observe(arm, happened)
                clock.Now <- clock.Now + TimeSpan.FromSeconds 0.25

        Assert.Equal(2, cell.Outputs.Count)
        Assert.InRange(clock.Now, TimeSpan.FromSeconds 3.0, TimeSpan.FromSeconds 5.0)

    [<Fact>]
    member _.``before the first measurement the chart names no metric``() =
        let observer = live ()

        for arm, happened in told |> Seq.takeWhile (fun (_, e) -> not (e :? TrainingEvent.Evaluated)) do
            observer.Observe(arm, happened)

        let first = cell.Outputs[0][0]
        Assert.Contains("\"text\":\"validation\"", drawn first)
        Assert.DoesNotContain("%", json first)

    [<Fact>]
    member _.``a second run has a chart of its own``() =
        let observer = live ()

        for _ in 1..2 do
            for happened in snd events.Head do
                observer.Observe happened

        Assert.Equal(4, cell.Outputs.Count)
        Assert.NotEqual<string>(idOf (cell.Outputs[0][0]), idOf (cell.Outputs[2][0]))

    [<Fact>]
    member _.``outside a notebook nothing is drawn or said``() =
        let observer = LiveCurves(None, (fun () -> None), clock).Observer

        for arm, happened in told do
            observer.Observe(arm, happened)

        for happened in snd events.Head do
            Draw.Live().Observe happened

    [<Fact>]
    member _.``an output that fails ends the drawing and not the run``() =
        let tries = List<obj>()

        let failing () =
            Some(fun (value: obj) ->
                tries.Add value
                invalidOp "gone")

        let observer = LiveCurves(None, failing, clock).Observer

        for arm, happened in told do
            observer.Observe(arm, happened)

        Assert.Single tries |> ignore

    [<Fact>]
    member _.``a long run keeps 800 points at most, from its beginning to its end``() =
        let growing = GrowingRecord RunRecord.Empty
        let start, phase = (snd events.Head)[0], (snd events.Head)[1]
        growing.Add start
        growing.Add phase

        for step in 0L .. 200_000L do
            growing.Add(TrainingEvent.StepSampled(step, 0.1, 1.0))

            if step % 1000L = 0L then
                growing.Add(TrainingEvent.Evaluated(step, DataSplit.Validation, ValueList.Empty))

        let kept = growing.Record.Phases[0]
        Assert.InRange(kept.Samples.Count, 400, 802)
        // Few measurements all stay, however many samples there are.
        Assert.Equal(201, kept.Evaluations.Count)
        Assert.Equal(0L, kept.Samples[0].Step)
        Assert.Equal(200_000L, kept.Samples[kept.Samples.Count - 1].Step)

        let gaps =
            kept.Samples
            |> Seq.take (kept.Samples.Count - 1)
            |> Seq.map _.Step
            |> Seq.pairwise
            |> Seq.map (fun (a, b) -> b - a)
            |> Seq.distinct

        Assert.Single gaps |> ignore

    [<Fact>]
    member _.``more phases than points are drawn all the same``() =
        let growing = GrowingRecord RunRecord.Empty
        let start = (snd events.Head)[0]
        let phase = (snd events.Head)[1] :?> TrainingEvent.PhaseStarted
        growing.Add start

        for step in 0L .. 1000L do
            growing.Add phase
            growing.Add(TrainingEvent.StepSampled(step, 0.1, 1.0))

        Assert.Equal(1001, (GrowingRecord growing.Record).Record.Phases.Count)

    [<Fact>]
    member _.``live curves are not for studies``() = Assert.Null(Draw.Live().Study)
