namespace Dsd.FSharp.Tests

open System
open Dsd.FSharp
open Dsd.Schedules
open Dsd.Testing
open FsCheck.Xunit
open Xunit

/// Every phase that C# can write, written again with the words of F#.
module internal Words =

    let duration (given: Duration) =
        match given.Unit with
        | DurationUnit.Epochs -> epochs given.Amount
        | _ -> steps (int64 given.Amount)

    let rate (given: LearningRate) =
        match given.Shape with
        | RateShape.Step -> stepped given.From given.Factor (List.ofSeq given.Milestones)
        | RateShape.Linear -> linear given.From given.To
        | RateShape.Cosine -> cosine given.From given.To
        | RateShape.Exponential -> exponential given.From given.To
        | _ -> constant given.From
        |> warmUp given.WarmUp
        |> fun whole -> whole.Part(given.PartFrom, given.PartTo)

    let sparsity (given: SparsityCurve) =
        match given.Shape with
        | CurveShape.Linear -> linearRamp given.From.Value
        | CurveShape.Cubic -> ramp given.From.Value
        | _ -> id

    let rule (given: LayerRule) =
        match given.Action, Option.ofObj given.Selector.Glob with
        | LayerAction.Keep, Some glob -> keep glob
        | LayerAction.Prune, Some glob -> prune glob
        | LayerAction.Set, Some glob -> level glob given.Sparsity.Value.Value
        | LayerAction.Keep, None -> scope (fun layers -> layers.Keep given.Selector)
        | LayerAction.Prune, None -> scope (fun layers -> layers.Prune given.Selector)
        | _ -> scope (fun layers -> layers.Set(given.Selector, given.Sparsity.Value.Value))

    let criterion (given: MaskCriterion) =
        match given.Kind, Option.ofObj given.Name with
        | CriterionKind.Random, _ ->
            match Option.ofNullable given.Seed with
            | Some seed -> atRandom seed
            | None -> atRandomByRun
        | CriterionKind.RandomOfEqualNorm, _ ->
            match Option.ofNullable given.Seed with
            | Some seed -> atRandomOfEqualNorm seed
            | None -> atRandomOfEqualNormByRun
        | CriterionKind.Gradient, _ -> gradient
        | CriterionKind.Movement, _ -> movement
        | CriterionKind.Given, _ ->
            Dsd.FSharp.Phases.given (Option.defaultValue previousMasks (Option.ofObj given.Masks))
        | CriterionKind.Threshold, _ when given.Margin > 0.0 && given.InDeviations ->
            MaskCriterion.ThresholdInDeviations(given.ThresholdValue, given.Margin)
        | CriterionKind.Threshold, _ when given.Margin > 0.0 ->
            MaskCriterion.Threshold(given.ThresholdValue, given.Margin)
        | CriterionKind.Threshold, _ when given.InDeviations -> thresholdInDeviations given.ThresholdValue
        | CriterionKind.Threshold, _ -> threshold given.ThresholdValue
        | CriterionKind.Custom, Some name -> custom name
        | CriterionKind.WeightTimesGradient, _ -> weightTimesGradient
        | _ -> magnitude

    /// What is said of a phase, one modifier each, in an order that may be changed.
    let modifiers (given: Phase) : (Phase -> Phase) list =
        [ named given.Name
          sparsity given.Sparsity
          rankedBy (criterion given.Mask.Criterion)
          match given.Mask.Distribution with
          | global' when global' = SparsityDistribution.Global -> globally
          | full when full = SparsityDistribution.Erk -> erk
          | plain when plain = SparsityDistribution.Er -> erdosRenyi
          | own when own.IsCustom -> distributedBy own.Name
          | _ -> ()
          match Option.ofNullable given.Mask.Pattern.Keep, given.Mask.Pattern.Axis = Nullable 1 with
          | Some kept, true -> nOfM kept given.Mask.Pattern.Of.Value
          | _ -> patterned given.Mask.Pattern
          match Option.ofNullable given.Mask.Update.IntervalSteps, Option.ofObj given.Mask.Update.Policy with
          | Some interval, Some "rigl" -> riglUpdates interval given.Mask.Update.Fraction given.Mask.Update.Until
          | Some interval, Some "set" -> setUpdates interval given.Mask.Update.Fraction given.Mask.Update.Until
          | Some interval, None when given.Mask.Update.Until = 1.0 && given.Mask.Update.MayRegrow ->
              remaskRegrowing interval
          | Some interval, None when given.Mask.Update.Until = 1.0 -> remask interval
          | Some _, _ -> updated given.Mask.Update
          | None, _ -> ()
          match Option.ofObj given.Mask.Within with
          | Some masks -> within masks
          | None -> ()
          fun phase -> Seq.fold (fun phase given -> rule given phase) phase given.Layers.Rules
          regrow given.RegrownWeights
          regrownState given.RegrownState ]

    let start (given: Phase) =
        if given.Sparsity.IsDense then
            dense (duration given.Duration) (rate given.Rate)
        else
            sparse (duration given.Duration) (rate given.Rate) given.Sparsity.To.Value

[<Properties(Arbitrary = [| typeof<Generators> |], MaxTest = 200)>]
type PhaseTests() =

    [<Property>]
    member _.``F# says all that C# says``(given: Phase) =
        let written = Words.modifiers given |> List.fold (fun phase change -> change phase) (Words.start given)
        Assert.Equal(given, written)

    [<Property>]
    member _.``modifiers do not get in each other's way, whatever their order``(given: Phase, seed: int) =
        let order = Words.modifiers given |> List.randomShuffleWith (Random seed)
        Assert.Equal(given, order |> List.fold (fun phase change -> change phase) (Words.start given))

    [<Property>]
    member _.``every modifier is the member of the core that it stands for``
        (phase: Phase, other: Phase, from: Sparsity)
        =
        let target = phase.Sparsity.To.Value
        let mask, layers = phase.Mask, phase.Layers
        let equal (expected: Phase) (modifier: Phase -> Phase) = Assert.Equal(expected, modifier phase)
        equal (phase.WithName other.Name) (named other.Name)
        equal (phase.WithSparsity(SparsityCurve.Cubic(from.Value, target))) (ramp from.Value)
        equal (phase.WithSparsity(SparsityCurve.Linear(from.Value, target))) (linearRamp from.Value)
        equal (phase.WithMask(mask.WithUpdate(MaskUpdate.Every 7L))) (remask 7)
        equal (phase.WithMask(mask.WithUpdate(MaskUpdate.Every(7L, true)))) (remaskRegrowing 7)
        equal (phase.WithMask(mask.WithCriterion other.Mask.Criterion)) (rankedBy other.Mask.Criterion)
        equal (phase.WithMask(mask.WithDistribution SparsityDistribution.Global)) globally
        equal (phase.WithMask(mask.WithDistribution SparsityDistribution.Erk)) erk
        equal (phase.WithMask(mask.WithDistribution SparsityDistribution.Er)) erdosRenyi
        equal (phase.WithMask(mask.WithPattern(MaskPattern.NOfM(2, 4)))) (nOfM 2 4)
        equal (phase.WithMask(mask.WithPattern other.Mask.Pattern)) (patterned other.Mask.Pattern)
        equal (phase.WithMask(mask.WithUpdate(MaskUpdate.SparseEvolution(7L, 0.2, 0.5)))) (setUpdates 7 0.2 0.5)
        equal (phase.WithMask(mask.WithUpdate(MaskUpdate.Rigl(7L, 0.2, 0.5)))) (riglUpdates 7 0.2 0.5)
        equal (phase.WithMask(mask.WithUpdate(MaskUpdate.Every(Duration.Epochs 2.0)))) (remaskEvery (epochs 2))
        equal (phase.WithMask(mask.WithUpdate other.Mask.Update)) (updated other.Mask.Update)
        equal (phase.WithMask(mask.WithWithin GivenMasks.PreviousPhase)) (within previousMasks)
        equal (phase.WithMask(mask.WithWithin(GivenMasks.Named "a"))) (within (masksNamed "a"))
        equal (phase.WithMask(mask.WithDistribution(SparsityDistribution.Er.WithPower 0.5))) (erdosRenyi >> power 0.5)
        equal (phase.WithStraightThrough(StraightThrough 0.1)) (straightThrough 0.1)
        equal (phase.WithRewind Rewind.ToStart) rewindToStart
        equal (phase.WithRewind(Rewind.ToEndOf "warm-up")) (rewindTo "warm-up")

        equal
            (phase.WithRewind(Rewind.ToStart.WithLayers [ LayerSelector.Named "fc*"; LayerSelector.First() ]))
            (rewindToStart >> rewindLayers [ LayerSelector.Named "fc*"; LayerSelector.First() ])

        equal (phase.WithLayers(layers.Keep "fc*")) (keep "fc*")
        equal (phase.WithLayers(layers.Prune "fc*")) (prune "fc*")
        equal (phase.WithLayers(layers.Set("fc*", from.Value))) (level "fc*" from.Value)
        equal (phase.WithLayers other.Layers) (scope (fun _ -> other.Layers))
        equal (phase.WithRegrown(other.RegrownWeights, phase.RegrownState)) (regrow other.RegrownWeights)
        equal (phase.WithRegrown(phase.RegrownWeights, other.RegrownState)) (regrownState other.RegrownState)

    [<Fact>]
    member _.``every criterion is the member of the core that it stands for``() =
        Assert.Equal(MaskCriterion.Random(), atRandomByRun)
        Assert.Equal(MaskCriterion.Random 3L, atRandom 3)
        Assert.Equal(MaskCriterion.RandomOfEqualNorm(), atRandomOfEqualNormByRun)
        Assert.Equal(MaskCriterion.RandomOfEqualNorm 3L, atRandomOfEqualNorm 3)
        Assert.Equal(MaskCriterion.Gradient, gradient)
        Assert.Equal(MaskCriterion.Movement, movement)
        Assert.Equal(MaskCriterion.Threshold 0.01, threshold 0.01)
        Assert.Equal(MaskCriterion.ThresholdInDeviations 1.5, thresholdInDeviations 1.5)
        Assert.Equal(MaskCriterion.Given(GivenMasks.Named "ticket"), given (masksNamed "ticket"))

    [<Fact>]
    member _.``layers of a phase that does not return are refused``() =
        let phase = dense (epochs 1) (constant 0.1) |> named "warm-up"

        let error =
            Assert.Throws<InvalidOperationException>(fun () -> rewindLayers [ LayerSelector.First() ] phase |> ignore)

        Assert.Contains("'warm-up' does not return", error.Message)

    [<Property>]
    member _.``dense and sparse are the steps of the builder``
        (duration: Duration, rate: LearningRate, sparsity: Sparsity)
        =
        Assert.Equal(Schedule.Start().Dense(duration, rate).Build(), dsd { dense duration rate })

        Assert.Equal(
            Schedule.Start().Sparse(duration, rate, SparsityCurve.Constant sparsity.Value).Build(),
            dsd { sparse duration rate sparsity.Value }
        )

    [<Fact>]
    member _.``lengths and rates are written with whole numbers or not``() =
        Assert.Equal(Duration.Epochs 6.0, epochs 6)
        Assert.Equal(Duration.Epochs 1.25, epochs 1.25)
        Assert.Equal(Duration.Steps 500L, steps 500)
        Assert.Equal(Duration.Steps 500L, steps 500L)
        Assert.Equal(LearningRate.Constant 1.0, constant 1)
        Assert.Equal(LearningRate.Cosine(0.05, 0.005), cosine 0.05 0.005)
        Assert.Equal(LearningRate.Linear(0.05), linear 0.05 0)
        Assert.Equal(LearningRate.Step(0.1, 0.5, ReadOnlySpan [| 0.5; 0.75 |]), stepped 0.1 0.5 [ 0.5; 0.75 ])
        Assert.Equal(LearningRate.Constant(0.1).WithWarmUp 0.2, warmUp 0.2 (constant 0.1))

    /// Lengths and rates have types of their own, to which no number turns by itself: swapped arguments do not compile.
    [<Fact>]
    member _.``lengths, rates and fractions are three types``() =
        let _: float -> Duration = epochs
        let _: int64 -> Duration = steps
        let _: float -> float -> LearningRate = cosine
        let _: Duration -> LearningRate -> Phase = dense
        let _: Duration -> LearningRate -> float -> Phase = sparse

        for made in [ typeof<Duration>; typeof<LearningRate>; typeof<Phase> ] do
            Assert.DoesNotContain(made.GetMethods(), fun m -> m.Name = "op_Implicit")

    [<Fact>]
    member _.``what is out of range is refused at once, with the core's own words``() =
        let refused make = Assert.Throws<ArgumentOutOfRangeException>(fun () -> make () |> ignore<Phase>) |> ignore

        let phase = sparse (epochs 1) (constant 0.1) 0.5
        refused (fun () -> dense (epochs 0) (constant 0.1))
        refused (fun () -> dense (steps 0) (constant 0.1))
        refused (fun () -> dense (epochs 1) (constant 0))
        refused (fun () -> sparse (epochs 1) (constant 0.1) 1)
        refused (fun () -> phase |> level "fc1" 1)
        refused (fun () -> phase |> ramp -0.1)
        refused (fun () -> phase |> remask 0)
        Assert.Throws<ArgumentException>(fun () -> named "" phase |> ignore) |> ignore
        Assert.Throws<ArgumentException>(fun () -> custom "" |> ignore) |> ignore
