namespace Dsd.FSharp

open System
open Dsd.Schedules

/// <summary>The words with which phases are written down: lengths, learning rates, phases, and what is said of a phase.</summary>
[<AutoOpen>]
module Phases =

    /// <summary>A length in passes over the training split.</summary>
    /// <param name="amount">Epochs, more than 0 and at most 1,000,000, whole or not.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The amount is outside that range or not a number.</exception>
    let epochs (amount: float) = Duration.Epochs amount

    /// <summary>A length in optimiser steps.</summary>
    /// <param name="amount">Steps, from 1 to 10¹².</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The amount is outside that range.</exception>
    let steps (amount: int64) = Duration.Steps amount

    /// <summary>The same learning rate throughout.</summary>
    /// <param name="rate">Above 0 and finite.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The rate is outside that range.</exception>
    let constant (rate: float) = LearningRate.Constant rate

    /// <summary>A learning rate that moves along half a cosine.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="towards">The rate that the step after the phase would have, at least 0 and finite.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A rate is outside its range.</exception>
    let cosine (from: float) (towards: float) = LearningRate.Cosine(from, towards)

    /// <summary>A learning rate that moves in a straight line.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="towards">The rate that the step after the phase would have, at least 0 and finite.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A rate is outside its range.</exception>
    let linear (from: float) (towards: float) = LearningRate.Linear(from, towards)

    /// <summary>A learning rate that is multiplied by the same factor at every step.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="towards">The rate that the step after the phase would have, above 0 and finite.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A rate is outside its range.</exception>
    let exponential (from: float) (towards: float) = LearningRate.Exponential(from, towards)

    /// <summary>A learning rate that is multiplied by a factor at given points of the phase.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="factor">The factor at each milestone, above 0 and below 1.</param>
    /// <param name="milestones">Fractions of the phase, above 0 and below 1, rising; at least one.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The rate or the factor is outside its range.</exception>
    /// <exception cref="T:System.ArgumentException">There is no milestone, or they do not rise within (0, 1).</exception>
    let stepped (from: float) (factor: float) (milestones: float list) =
        LearningRate.Step(from, factor, ReadOnlySpan(List.toArray milestones))

    /// <summary>The same learning rate after a straight rise over the first part of the phase.</summary>
    /// <param name="fraction">That part, a fraction of the phase, at least 0 and below 1.</param>
    /// <param name="rate">The rate that follows; its curve covers the rest of the phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The fraction is outside that range.</exception>
    let warmUp (fraction: float) (rate: LearningRate) = rate.WithWarmUp fraction

    /// <summary>A phase without a mask. Without a name of its own it is called after its place in the schedule.</summary>
    /// <param name="duration">How long it trains: <c>epochs</c> or <c>steps</c>.</param>
    /// <param name="rate">The learning rate over the phase: <c>constant</c>, <c>cosine</c>, <c>linear</c>, <c>exponential</c> or <c>stepped</c>.</param>
    let dense (duration: Duration) (rate: LearningRate) = Phase(null, duration, rate)

    /// <summary>A phase under a mask: by magnitude, per layer, chosen once on entry, unless it is said otherwise.</summary>
    /// <param name="duration">How long it trains: <c>epochs</c> or <c>steps</c>.</param>
    /// <param name="rate">The learning rate over the phase: <c>constant</c>, <c>cosine</c>, <c>linear</c>, <c>exponential</c> or <c>stepped</c>.</param>
    /// <param name="sparsity">The fraction of weights pruned, at least 0 and below 1.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let sparse (duration: Duration) (rate: LearningRate) (sparsity: float) =
        Phase(null, duration, rate, SparsityCurve.Constant sparsity)

    /// <summary>Gives a phase a name.</summary>
    /// <param name="name">What it is called in tables and records, not empty.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty.</exception>
    let named (name: string) (phase: Phase) = phase.WithName name

    /// <summary>Adds rules on layers with all that a <c>LayerScope</c> can say, selectors by kind or place included.</summary>
    /// <param name="change">The scope with its new rules, e.g. <c>fun layers -> layers.Keep(LayerSelector.First())</c>.</param>
    /// <param name="phase">The phase.</param>
    let scope (change: LayerScope -> LayerScope) (phase: Phase) = phase.WithLayers(change phase.Layers)

    /// <summary>Leaves layers dense. The last rule that matches a layer wins.</summary>
    /// <param name="glob">A pattern on layer or parameter names, e.g. <c>"conv1"</c>; one that matches nothing is an issue of the plan.</param>
    /// <param name="phase">The phase.</param>
    let keep (glob: string) (phase: Phase) = phase |> scope (fun layers -> layers.Keep glob)

    /// <summary>Prunes layers at the sparsity of the phase. The last rule that matches a layer wins.</summary>
    /// <param name="glob">A pattern on layer or parameter names, e.g. <c>"block*.fc"</c>; one that matches nothing is an issue of the plan.</param>
    /// <param name="phase">The phase.</param>
    let prune (glob: string) (phase: Phase) = phase |> scope (fun layers -> layers.Prune glob)

    /// <summary>Prunes layers at a sparsity of their own. The last rule that matches a layer wins.</summary>
    /// <param name="glob">A pattern on layer or parameter names, e.g. <c>"fc*"</c>; one that matches nothing is an issue of the plan.</param>
    /// <param name="sparsity">The fraction of their weights pruned, at least 0 and below 1.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let level (glob: string) (sparsity: float) (phase: Phase) =
        phase |> scope (fun layers -> layers.Set(glob, sparsity))

    /// <summary>Lets the sparsity of a phase move to its target, fast first, then slower (Zhu and Gupta, 2017).</summary>
    /// <param name="from">The sparsity at the first choice of masks, at least 0 and below 1; the phase's own is the target.</param>
    /// <param name="phase">The phase; it needs <c>remask</c> too, so that masks are chosen at least twice.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let ramp (from: float) (phase: Phase) = phase.WithSparsity(SparsityCurve.Cubic(from, phase.Sparsity.To.Value))

    /// <summary>Lets the sparsity of a phase move to its target in equal parts.</summary>
    /// <param name="from">The sparsity at the first choice of masks, at least 0 and below 1; the phase's own is the target.</param>
    /// <param name="phase">The phase; it needs <c>remask</c> too, so that masks are chosen at least twice.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let linearRamp (from: float) (phase: Phase) =
        phase.WithSparsity(SparsityCurve.Linear(from, phase.Sparsity.To.Value))

    /// <summary>Has the masks of a phase chosen anew, again and again, each within the one before. Default: once on entry.</summary>
    /// <param name="interval">Steps from one choice to the next, at least 1 and fewer than the phase has.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The interval is below 1.</exception>
    let remask (interval: int64) (phase: Phase) = phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.Every interval))

    /// <summary>Has the masks of a phase chosen anew among all weights, so that pruned ones may come back while others go.</summary>
    /// <param name="interval">Steps from one choice to the next, at least 1 and fewer than the phase has.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The interval is below 1.</exception>
    let remaskRegrowing (interval: int64) (phase: Phase) =
        phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.Every(interval, mayRegrow = true)))

    /// <summary>Exchanges again and again the smallest kept weights for pruned ones at random (SET; Mocanu et al., 2018).</summary>
    /// <param name="interval">Steps from one exchange to the next, at least 1.</param>
    /// <param name="fraction">The fraction of each layer's kept weights that is exchanged at first, in (0, 1); it falls to 0 along a cosine.</param>
    /// <param name="until">The fraction of the phase after which masks hold, above 0 and at most 1.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A number is outside its range.</exception>
    let setUpdates (interval: int64) (fraction: float) (until: float) (phase: Phase) =
        phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.SparseEvolution(interval, fraction, until)))

    /// <summary>Says when and how masks are chosen anew with all that a <c>MaskUpdate</c> can say, policies of one's own included.</summary>
    /// <param name="update">The update, e.g. <c>MaskUpdate.Every(100).WithUntil 0.5</c>.</param>
    /// <param name="phase">The phase.</param>
    let updated (update: MaskUpdate) (phase: Phase) = phase.WithMask(phase.Mask.WithUpdate update)

    /// <summary>Ranks weights by their absolute value: the largest stay. The default.</summary>
    let magnitude = MaskCriterion.Magnitude

    /// <summary>Ranks weights in a fixed random order: the control that asks whether the ranking matters.</summary>
    /// <param name="seed">Any number; another gives another order.</param>
    let atRandom (seed: int64) = MaskCriterion.Random seed

    /// <summary>Ranks weights by |weight × gradient|, with the dense gradient of the last step; a phase must come before.</summary>
    let weightTimesGradient = MaskCriterion.WeightTimesGradient

    /// <summary>Ranks weights by a function of one's own, given to the trainer with <c>scores</c>: the highest stay.</summary>
    /// <param name="name">The name under which the function is given, not empty.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty.</exception>
    let custom (name: string) = MaskCriterion.Custom name

    /// <summary>Says what ranks the weights. Default: their magnitude.</summary>
    /// <param name="criterion">The order: <c>magnitude</c>, <c>atRandom</c>, <c>weightTimesGradient</c> or <c>custom</c>.</param>
    /// <param name="phase">The phase.</param>
    let rankedBy (criterion: MaskCriterion) (phase: Phase) = phase.WithMask(phase.Mask.WithCriterion criterion)

    /// <summary>Ranks the weights of all layers together. Default: within each layer.</summary>
    /// <param name="phase">The phase.</param>
    let globally (phase: Phase) = phase.WithMask(phase.Mask.WithDistribution SparsityDistribution.Global)

    /// <summary>Keeps narrow layers denser than wide ones, kernels counted (ERK; Evci et al., 2020). Default: each layer has the sparsity of the phase.</summary>
    /// <param name="phase">The phase.</param>
    let erk (phase: Phase) = phase.WithMask(phase.Mask.WithDistribution SparsityDistribution.Erk)

    /// <summary>Keeps narrow layers denser than wide ones, by inputs and outputs alone (Erdős–Rényi; Mocanu et al., 2018).</summary>
    /// <param name="phase">The phase.</param>
    let erdosRenyi (phase: Phase) = phase.WithMask(phase.Mask.WithDistribution SparsityDistribution.Er)

    /// <summary>Distributes the sparsity over layers by a function of one's own, given to the plan with <c>MaskMethods.WithDistribution</c>.</summary>
    /// <param name="name">The name under which the function is given, not empty.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty or built in.</exception>
    let distributedBy (name: string) (phase: Phase) =
        phase.WithMask(phase.Mask.WithDistribution(SparsityDistribution.Custom name))

    /// <summary>Keeps of every M neighbours along the inputs N, e.g. <c>nOfM 2 4</c>. The sparsity of the phase must be 1 − N / M.</summary>
    /// <param name="keep">How many stay, at least 1.</param>
    /// <param name="neighbours">Of how many, more than stay; the inputs of each pruned layer must be a multiple of it.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A number is outside its range.</exception>
    let nOfM (keep: int) (neighbours: int) (phase: Phase) =
        phase.WithMask(phase.Mask.WithPattern(MaskPattern.NOfM(keep, neighbours)))

    /// <summary>Has masks obey a pattern: <c>MaskPattern.NOfM</c> along any axis, or one's own by name.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="phase">The phase.</param>
    let patterned (pattern: MaskPattern) (phase: Phase) = phase.WithMask(phase.Mask.WithPattern pattern)

    /// <summary>Says what pruned weights restart from when the mask is lifted. Default: zero.</summary>
    /// <param name="weights">Zero, their value when they were pruned, or a fresh draw.</param>
    /// <param name="phase">The phase under the mask, not the one that follows.</param>
    let regrow (weights: RegrownWeights) (phase: Phase) = phase.WithRegrown(weights, phase.RegrownState)

    /// <summary>Says what happens to the optimiser's state when the mask is lifted. Default: zero for the reborn weights.</summary>
    /// <param name="state">Zero for the reborn weights, kept as it is, or all reset.</param>
    /// <param name="phase">The phase under the mask, not the one that follows.</param>
    let regrownState (state: RegrownState) (phase: Phase) = phase.WithRegrown(phase.RegrownWeights, state)
