namespace Dsd.Charts.Tests

open System
open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Testing
open FsCheck
open FsCheck.FSharp
open Dsd.Statistics

/// The events of a run that never was: what a trainer could have told, and what goes wrong in one.
[<StructuredFormatDisplay("{Text}")>]
type Run =
    { Events: TrainingEvent list }

    member this.Record = RunRecord.Fold this.Events

    member this.Text = this.Events |> List.map EventLog.ToLine |> String.concat "\n"

module Run =

    /// Texts that must come out as they are, wherever they stand.
    let hostile =
        [ "<script>alert(1)</script>"
          "</script><img src=x onerror=alert(1)>"
          "\"quoted\" 'and' `ticked` ```"
          "a|b||c"
          "[text](javascript:x)"
          "](javascript:x)"
          "![x](http://example.com/x.png)"
          "<http://example.com>"
          "back\\slash \\<b> \\| \\` \\](x)"
          "😀👩‍👩‍👧 名前"
          String('x', 200)
          "line\nbreak\r\n# heading"
          "&amp; &lt;b&gt; &#60;"
          "--> <!-- ]]>"
          "<b>bold</b><br>" ]

    let private list (items: 'T seq) = items.ToValueList()

    /// Any number that a computation may give, mostly ordinary ones.
    let private value (random: Random) wild =
        match if wild then random.Next 12 else 11 with
        | 0 -> nan
        | 1 -> infinity
        | 2 -> -infinity
        | 3 -> 1e300
        | 4 -> -1e-300
        | 5 -> 0.0
        | _ -> random.NextDouble()

    let private histogram (random: Random) wild (layer: PlannedLayer) =
        let bins = if wild then [| 1; 3; 11; 101 |][random.Next 4] else 101

        let range =
            match if wild then random.Next 6 else 5 with
            | 0 -> 0.0
            | 1 -> float Single.Epsilon
            | 2 -> float Single.MaxValue
            | _ -> float (single (random.NextDouble()))

        let most = if layer.Weights = 0L || range = 0.0 || wild && random.Next 6 = 0 then 1 else 40

        let counts =
            [ for bin in 0 .. bins - 1 ->
                  let off = float (bin - bins / 2) / float bins
                  int64 (float (random.Next most) * exp (-8.0 * off * off)) ]

        let zeros = if random.Next 2 = 0 then 0L else int64 (random.Next 50)
        let notFinite = if wild && random.Next 4 = 0 then 3L else 0L
        WeightHistogram(layer.Parameter, range, zeros, list counts, notFinite)

    /// All events of a run of a schedule on a network, made up from a seed; a wild one has what only happens when something is wrong.
    let events arm (model: string) (data: string) (case: PlanCase) (seed: int) wild : TrainingEvent list =
        let random = Random seed

        let layers =
            Plan.Resolve(case.Schedule.AsDenseControl(), case.Shape, case.StepsPerEpoch).Phases[0].Layers

        let histograms () = list [ for l in layers -> histogram random wild l ]

        let metrics =
            match if wild then random.Next 6 else 5 with
            | 0 -> []
            | 1 -> [ "perplexity"; "loss" ]
            | 2 -> [ Gen.sample 1 (Gen.elements hostile) |> Array.head ]
            | 3 -> [ "R²"; "loss" ]
            | _ -> [ "accuracy"; "loss" ]

        let metric name =
            match name with
            | "accuracy" -> Metric.Accuracy
            | "loss" -> Metric.Loss
            | name when String.IsNullOrWhiteSpace name -> Metric("blank", MetricGoal.Lower)
            | name -> Metric(name, (if name.Length % 2 = 0 then MetricGoal.Higher else MetricGoal.Lower), unit = name)

        let evaluated step split : TrainingEvent =
            TrainingEvent.Evaluated(
                step,
                split,
                list
                    [ for m in metrics do
                          if not wild || random.Next 10 > 0 then
                              metric(m).Of(value random wild) ]
            )

        let mutable step = 0L

        [ TrainingEvent.RunStarted(
              arm,
              case.Schedule,
              model,
              case.Shape,
              data,
              case.StepsPerEpoch,
              "batch 64",
              "sgd, momentum 0.9",
              Nullable(),
              int64 seed,
              "cpu",
              2,
              "Linux",
              "0.1.0",
              DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.FromHours 1.0).AddSeconds(float (random.Next 100))
          )
          for index, phase in Seq.indexed case.Schedule.Phases do
              let steps = phase.Duration.ToSteps case.StepsPerEpoch
              let masked = not phase.IsDense
              let kept (l: PlannedLayer) = if masked then l.Weights - l.Weights / 3L else l.Weights
              TrainingEvent.PhaseStarted(index, phase.Name, step, steps, histograms ())

              let every = max 1L (steps / 4L)

              for i in 0L .. steps - 1L do
                  if masked && i % every = 0L then
                      TrainingEvent.MaskComputed(
                          index,
                          step + i,
                          list
                              [ for l in layers ->
                                    TrainingEvent.LayerMask(
                                        l.Parameter,
                                        l.Weights,
                                        kept l,
                                        l.Weights - kept l,
                                        min i l.Weights
                                    ) ]
                      )

                  if i % (every + 1L) = 0L then
                      TrainingEvent.StepSampled(step + i, value random wild, value random wild)

              step <- step + steps
              evaluated step DataSplit.Validation

              if random.Next 2 = 0 then
                  evaluated step DataSplit.Validation

              TrainingEvent.PhaseEnded(
                  index,
                  step,
                  list [ for l in layers -> TrainingEvent.LayerCount(l.Parameter, l.Weights, kept l, kept l) ],
                  histograms (),
                  value random wild
              )
          evaluated step DataSplit.Test
          TrainingEvent.RunEnded(
              step,
              random.Next 3 |> enum<RunOutcome>,
              (if random.Next 2 = 0 then null else hostile[random.Next hostile.Length]),
              value random wild
          ) ]

    /// The same phases with names that are hostile.
    let private rename (random: Random) (schedule: Schedule) =
        Schedule(list [ for p in schedule.Phases -> p.WithName(hostile[random.Next hostile.Length]) ])

    /// A schedule that a network does not fit, as a record that was changed by hand may have it.
    let private misfit =
        PlanCase(
            Schedule(
                list
                    [ Phase(
                          "sparse",
                          Duration.Steps 5,
                          LearningRate.Constant 0.1,
                          SparsityCurve.Constant 0.5,
                          layers = LayerScope.Default.Keep "<b>absent</b>"
                      ) ]
            ),
            ModelShape.Empty.Linear("fc", 4, 4),
            2
        )

    /// Runs of one to five phases.
    let private whole = gen {
        let! case = Gen.frequency [ 9, Generators.PlanCases().Generator; 1, Gen.constant misfit ]
        let! arm = Gen.elements [ "dsd"; "control"; "lower" ]
        let! model = Gen.elements ("lenet" :: hostile)
        let! data = Gen.elements ("" :: "fashion-mnist" :: hostile)
        let! seed = Gen.choose (0, 1_000_000)
        let! renamed = Gen.elements [ true; false ]
        let! longer = Gen.elements [ true; false ]
        let! wild = Gen.frequency [ 3, Gen.constant true; 1, Gen.constant false ]

        let schedule =
            if longer then
                Schedule(case.Schedule.Phases.Add(Phase("last", Duration.Steps 3, LearningRate.Constant 0.01)))
            else
                case.Schedule

        let schedule = if renamed then rename (Random seed) schedule else schedule
        return { Events = events arm model data (PlanCase(schedule, case.Shape, case.StepsPerEpoch)) seed wild }
    }

    let private cut length run = { Events = List.truncate length run.Events }

    /// Whole runs, and as many that break off anywhere.
    let generator = gen {
        let! run = whole
        let! length = Gen.frequency [ 1, Gen.constant run.Events.Length; 1, Gen.choose (0, run.Events.Length) ]
        return cut length run
    }

    let shrink run =
        seq { for length in [ run.Events.Length / 2; run.Events.Length - 1 ] -> length }
        |> Seq.filter (fun length -> length >= 0 && length < run.Events.Length)
        |> Seq.map (fun length -> cut length run)

    /// A comparison of one arm.
    let alone (run: RunRecord) = Comparison([ run ].ToValueList())

    /// Every picture of a run that belongs to a comparison, each drawn when it is asked for.
    let pictures (run: RunRecord) (comparison: Comparison) =
        [ match run.Start with
          | null -> ()
          | start ->
              fun () -> Draw.Timeline start.Schedule

              if Plan.Check(start.Schedule, start.Shape, start.StepsPerEpoch).Count = 0 then
                  fun () -> Draw.Timeline(start.Plan())
                  fun () -> Draw.Layers(start.Plan())

              for p in start.Shape.Parameters |> Seq.truncate 3 do
                  fun () -> Draw.Weights(run, p.Name)
          fun () -> Draw.Weights(run, "<absent>")
          fun () -> Draw.WeightsOfAllLayers run
          fun () -> Draw.LearningCurves run
          fun () -> Draw.Sparsity run
          fun () -> Draw.MaskChanges run
          fun () -> Draw.LearningCurves comparison
          fun () -> Draw.SparsityOverTime comparison
          fun () -> Draw.Arms comparison ]

    /// A run of a small convolutional network as it should go, for looking at.
    let lenet arm (schedule: Schedule) =
        let shape =
            ModelShape.Empty.Convolution("conv1", 1, 20, 5).Convolution("conv2", 20, 50, 5).Linear("fc1", 800, 500)

        { Events = events arm "lenet-5" "fashion-mnist" (PlanCase(schedule, shape, 40)) 7 false }

    let dsd = Schedule.Dsd(Duration.Epochs 2.0, Duration.Epochs 1.0, Duration.Steps 30L, 0.5, 0.1)

    let sound =
        Comparison(list [ (lenet "dsd" dsd).Record; (lenet "control" (dsd.AsDenseControl())).Record ])

type Runs =
    static member Run() = Arb.fromGenShrink (Run.generator, Run.shrink)
