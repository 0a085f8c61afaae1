namespace Dsd.FSharp

open System
open Dsd.Schedules

/// <summary>Functions that write down phases: lengths, learning rates, phases and their options.</summary>
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

    /// <summary>A constant learning rate.</summary>
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

    /// <summary>A learning rate that is multiplied by a factor at fixed points of the phase.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="factor">The factor at each milestone, above 0 and below 1.</param>
    /// <param name="milestones">Fractions of the phase, above 0 and below 1, increasing; at least one.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The rate or the factor is outside its range.</exception>
    /// <exception cref="T:System.ArgumentException">There is no milestone, or they do not increase within (0, 1).</exception>
    let stepped (from: float) (factor: float) (milestones: float list) =
        LearningRate.Step(from, factor, ReadOnlySpan(List.toArray milestones))

    /// <summary>A learning rate with a linear warm-up over the first part of the phase.</summary>
    /// <param name="fraction">The length of the warm-up as a fraction of the phase, at least 0 and below 1.</param>
    /// <param name="rate">The rate that follows; its curve covers the rest of the phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The fraction is outside that range.</exception>
    let warmUp (fraction: float) (rate: LearningRate) = rate.WithWarmUp fraction

    /// <summary>A phase without a mask, named by its position in the schedule unless <c>named</c> names it.</summary>
    /// <param name="duration">The length: <c>epochs</c> or <c>steps</c>.</param>
    /// <param name="rate">The learning rate over the phase: <c>constant</c>, <c>cosine</c>, <c>linear</c>, <c>exponential</c> or <c>stepped</c>.</param>
    let dense (duration: Duration) (rate: LearningRate) = Phase(null, duration, rate)

    /// <summary>A phase under a mask; by default by magnitude, per layer, chosen once on entry.</summary>
    /// <param name="duration">The length: <c>epochs</c> or <c>steps</c>.</param>
    /// <param name="rate">The learning rate over the phase: <c>constant</c>, <c>cosine</c>, <c>linear</c>, <c>exponential</c> or <c>stepped</c>.</param>
    /// <param name="sparsity">The fraction of weights pruned, at least 0 and below 1.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let sparse (duration: Duration) (rate: LearningRate) (sparsity: float) =
        Phase(null, duration, rate, SparsityCurve.Constant sparsity)

    /// <summary>Names a phase.</summary>
    /// <param name="name">The name in tables and records, not empty.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty.</exception>
    let named (name: string) (phase: Phase) = phase.WithName name

    /// <summary>Adds layer rules through a <c>LayerScope</c>, which also has selectors by kind and position.</summary>
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

    /// <summary>Ramps the sparsity of a phase to its target along a cubic curve (Zhu and Gupta, 2017).</summary>
    /// <param name="from">The sparsity at the first choice of masks, at least 0 and below 1; the phase's own is the target.</param>
    /// <param name="phase">The phase; it needs <c>remask</c> too, so that masks are chosen at least twice.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let ramp (from: float) (phase: Phase) = phase.WithSparsity(SparsityCurve.Cubic(from, phase.Sparsity.To.Value))

    /// <summary>Ramps the sparsity of a phase to its target linearly.</summary>
    /// <param name="from">The sparsity at the first choice of masks, at least 0 and below 1; the phase's own is the target.</param>
    /// <param name="phase">The phase; it needs <c>remask</c> too, so that masks are chosen at least twice.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The sparsity is outside that range.</exception>
    let linearRamp (from: float) (phase: Phase) =
        phase.WithSparsity(SparsityCurve.Linear(from, phase.Sparsity.To.Value))

    /// <summary>Updates the masks of a phase at a fixed interval, each within the previous one. Default: chosen once on entry.</summary>
    /// <param name="interval">Steps from one choice to the next, at least 1 and fewer than the phase has.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The interval is below 1.</exception>
    let remask (interval: int64) (phase: Phase) = phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.Every interval))

    /// <summary>Updates the masks of a phase by ranking all weights, so that pruned ones may be regrown while others are pruned.</summary>
    /// <param name="interval">Steps from one choice to the next, at least 1 and fewer than the phase has.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The interval is below 1.</exception>
    let remaskRegrowing (interval: int64) (phase: Phase) =
        phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.Every(interval, mayRegrow = true)))

    /// <summary>Exchanges the smallest kept weights for random pruned ones at a fixed interval (SET; Mocanu et al., 2018).</summary>
    /// <param name="interval">Steps from one exchange to the next, at least 1.</param>
    /// <param name="fraction">The fraction of each layer's kept weights that is exchanged at first, in (0, 1); it falls to 0 along a cosine.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A number is outside its range.</exception>
    let setUpdates (interval: int64) (fraction: float) (until: float) (phase: Phase) =
        phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.SparseEvolution(interval, fraction, until)))

    /// <summary>Updates the masks of a phase at an interval in epochs or steps, each within the previous one.</summary>
    /// <param name="interval">The time from one choice to the next: <c>epochs</c> or <c>steps</c>.</param>
    /// <param name="phase">The phase.</param>
    let remaskEvery (interval: Duration) (phase: Phase) =
        phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.Every interval))

    /// <summary>Exchanges the smallest kept weights for pruned ones with the largest gradients at a fixed interval (RigL; Evci et al., 2020).</summary>
    /// <param name="interval">Steps from one exchange to the next, at least 1.</param>
    /// <param name="fraction">The fraction of each layer's kept weights that is exchanged at first, in (0, 1); it falls to 0 along a cosine.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A number is outside its range.</exception>
    let riglUpdates (interval: int64) (fraction: float) (until: float) (phase: Phase) =
        phase.WithMask(phase.Mask.WithUpdate(MaskUpdate.Rigl(interval, fraction, until)))

    /// <summary>Sets when and how masks are updated, with any <c>MaskUpdate</c>, custom policies included.</summary>
    /// <param name="update">The update, e.g. <c>MaskUpdate.Every(100).WithUntil 0.5</c>.</param>
    /// <param name="phase">The phase.</param>
    let updated (update: MaskUpdate) (phase: Phase) = phase.WithMask(phase.Mask.WithUpdate update)

    /// <summary>Ranks weights by their absolute value: the largest stay. The default.</summary>
    let magnitude = MaskCriterion.Magnitude

    /// <summary>Ranks weights in a fixed random order: a control for the effect of the ranking.</summary>
    /// <param name="seed">Any number; another seed yields another order.</param>
    let atRandom (seed: int64) = MaskCriterion.Random seed

    /// <summary>Ranks weights in a random order of the run's seed: another one for each seed of a study.</summary>
    let atRandomByRun = MaskCriterion.Random()

    /// <summary>Prunes weights in the order of <c>atRandom</c>, up to the norm of the weights that a magnitude mask at the sparsity of the phase would prune: a control for the size of the perturbation. The sparsity is the most that may be pruned of a layer.</summary>
    /// <param name="seed">Any number; another seed yields another order.</param>
    let atRandomOfEqualNorm (seed: int64) = MaskCriterion.RandomOfEqualNorm seed

    /// <summary>The same as <c>atRandomOfEqualNorm</c>, in a random order of the run's seed: another one for each seed of a study.</summary>
    let atRandomOfEqualNormByRun = MaskCriterion.RandomOfEqualNorm()

    /// <summary>Ranks weights by |weight × gradient|, with the dense gradient of the last step; a phase must precede.</summary>
    let weightTimesGradient = MaskCriterion.WeightTimesGradient

    /// <summary>Ranks weights by |gradient|, with the dense gradient of the last step.</summary>
    let gradient = MaskCriterion.Gradient

    /// <summary>Ranks weights by the sum of −weight × gradient over the steps of the phase (movement pruning; Sanh et al., 2020); it needs a <c>ramp</c> from 0.</summary>
    let movement = MaskCriterion.Movement

    /// <summary>Keeps weights whose absolute value is at least a threshold; the sparsity of the phase is the most that may be pruned of a layer.</summary>
    /// <param name="value">The threshold, above 0 and finite.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The threshold is outside that range.</exception>
    let threshold (value: float) = MaskCriterion.Threshold value

    /// <summary>Keeps weights whose absolute value is at least a number of standard deviations of the layer's weights (Han et al., 2015); the sparsity of the phase is the most that may be pruned of a layer.</summary>
    /// <param name="deviations">The number of standard deviations, above 0 and finite.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number is outside that range.</exception>
    let thresholdInDeviations (deviations: float) = MaskCriterion.ThresholdInDeviations deviations

    /// <summary>The last masks of the sparse phase before.</summary>
    let previousMasks = GivenMasks.PreviousPhase

    /// <summary>Masks that are passed to plan and trainer under a name, with <c>MaskMethods.WithMasks</c>.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty.</exception>
    let masksNamed (name: string) = GivenMasks.Named name

    /// <summary>Keeps exactly the weights that given masks keep; the sparsity of the phase is the most that may be pruned of a layer.</summary>
    /// <param name="masks">The masks: <c>previousMasks</c> or <c>masksNamed</c>.</param>
    let given (masks: GivenMasks) = MaskCriterion.Given masks

    /// <summary>Chooses masks among the weights that given masks keep, e.g. <c>within previousMasks</c>, which makes sparsity cumulative.</summary>
    /// <param name="masks">The masks: <c>previousMasks</c> or <c>masksNamed</c>.</param>
    /// <param name="phase">The phase.</param>
    let within (masks: GivenMasks) (phase: Phase) = phase.WithMask(phase.Mask.WithWithin masks)

    /// <summary>Ranks weights by a custom function, passed to the trainer with <c>scores</c>: the highest stay.</summary>
    /// <param name="name">The name of the function, not empty.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty.</exception>
    let custom (name: string) = MaskCriterion.Custom name

    /// <summary>Sets the ranking of the weights. Default: by magnitude.</summary>
    /// <param name="criterion">The ranking: <c>magnitude</c>, <c>atRandom</c>, <c>atRandomOfEqualNorm</c>, <c>weightTimesGradient</c>, <c>gradient</c>, <c>movement</c>, <c>threshold</c>, <c>given</c> or <c>custom</c>.</param>
    /// <param name="phase">The phase.</param>
    let rankedBy (criterion: MaskCriterion) (phase: Phase) = phase.WithMask(phase.Mask.WithCriterion criterion)

    /// <summary>Ranks the weights of all layers together. Default: within each layer.</summary>
    /// <param name="phase">The phase.</param>
    let globally (phase: Phase) = phase.WithMask(phase.Mask.WithDistribution SparsityDistribution.Global)

    /// <summary>Keeps narrow layers denser than wide ones, kernels included (ERK; Evci et al., 2020). Default: each layer has the sparsity of the phase.</summary>
    /// <param name="phase">The phase.</param>
    let erk (phase: Phase) = phase.WithMask(phase.Mask.WithDistribution SparsityDistribution.Erk)

    /// <summary>Keeps narrow layers denser than wide ones, by inputs and outputs only (Erdős–Rényi; Mocanu et al., 2018).</summary>
    /// <param name="phase">The phase.</param>
    let erdosRenyi (phase: Phase) = phase.WithMask(phase.Mask.WithDistribution SparsityDistribution.Er)

    /// <summary>Raises the densities of <c>erk</c> or <c>erdosRenyi</c> to a power: the closer to 0, the more alike the layers.</summary>
    /// <param name="power">Above 0 and at most 1; 1 as published.</param>
    /// <param name="phase">The phase, with one of these distributions.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The power is outside that range.</exception>
    /// <exception cref="T:System.InvalidOperationException">The phase has another distribution.</exception>
    let power (power: float) (phase: Phase) =
        phase.WithMask(phase.Mask.WithDistribution(phase.Mask.Distribution.WithPower power))

    /// <summary>Distributes the sparsity over layers by a custom function, passed to the plan with <c>MaskMethods.WithDistribution</c>.</summary>
    /// <param name="name">The name of the function, not empty.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty or built in.</exception>
    let distributedBy (name: string) (phase: Phase) =
        phase.WithMask(phase.Mask.WithDistribution(SparsityDistribution.Custom name))

    /// <summary>Keeps N of every M neighbours along the inputs, e.g. <c>nOfM 2 4</c>. The sparsity of the phase must be 1 − N / M.</summary>
    /// <param name="keep">The number N kept in each group, at least 1.</param>
    /// <param name="neighbours">The number M of neighbours in a group, above N; the inputs of each pruned layer must be a multiple of it.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A number is outside its range.</exception>
    let nOfM (keep: int) (neighbours: int) (phase: Phase) =
        phase.WithMask(phase.Mask.WithPattern(MaskPattern.NOfM(keep, neighbours)))

    /// <summary>Restricts masks to a pattern: <c>MaskPattern.NOfM</c> along any axis, or a custom one by name.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="phase">The phase.</param>
    let patterned (pattern: MaskPattern) (phase: Phase) = phase.WithMask(phase.Mask.WithPattern pattern)

    /// <summary>Trains pruned weights by the gradients at their places, outside of the network, which has zeros there (Zhou et al., 2021).</summary>
    /// <param name="decay">The factor of the pruned weights that is added to their gradients, at least 0.</param>
    /// <param name="phase">The phase.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The decay is outside that range.</exception>
    let straightThrough (decay: float) (phase: Phase) = phase.WithStraightThrough(StraightThrough decay)

    /// <summary>Returns the network to its weights before the first step of the run, after masks are chosen (lottery tickets; Frankle and Carbin, 2019).</summary>
    /// <param name="phase">The phase on whose entry it returns.</param>
    let rewindToStart (phase: Phase) = phase.WithRewind Rewind.ToStart

    /// <summary>Returns the network to its weights at the end of an earlier phase, after masks are chosen (Frankle et al., 2020).</summary>
    /// <param name="earlier">The name of the earlier phase; one that is not there is an issue of the plan.</param>
    /// <param name="phase">The phase on whose entry it returns.</param>
    /// <exception cref="T:System.ArgumentException">The name is empty.</exception>
    let rewindTo (earlier: string) (phase: Phase) = phase.WithRewind(Rewind.ToEndOf earlier)

    /// <summary>Limits the return of a phase to some layers, with all their parameters and buffers; the others stay as they are.</summary>
    /// <param name="layers">The selectors, at least one, e.g. <c>[ LayerSelector.Named "fc*" ]</c>; one that matches no layer is an issue of the plan.</param>
    /// <param name="phase">The phase, with <c>rewindToStart</c> or <c>rewindTo</c>.</param>
    /// <exception cref="T:System.ArgumentException">There is no selector.</exception>
    /// <exception cref="T:System.InvalidOperationException">The phase has no return.</exception>
    let rewindLayers (layers: LayerSelector list) (phase: Phase) =
        match phase.Rewind with
        | null ->
            raise (
                InvalidOperationException
                    $"The phase '{phase.Name}' does not return to earlier weights, so there is nothing to limit. Put rewindToStart or rewindTo before rewindLayers."
            )
        | rewind -> phase.WithRewind(rewind.WithLayers layers)

    /// <summary>Sets the initial values of pruned weights when the mask is lifted. Default: zero.</summary>
    /// <param name="weights">Zero, their values when pruned, or newly drawn ones.</param>
    /// <param name="phase">The phase under the mask, not the one that follows.</param>
    let regrow (weights: RegrownWeights) (phase: Phase) = phase.WithRegrown(weights, phase.RegrownState)

    /// <summary>Sets the optimiser's state when the mask is lifted. Default: zero for the regrown weights.</summary>
    /// <param name="state">Zero for the regrown weights, unchanged, or all reset.</param>
    /// <param name="phase">The phase under the mask, not the one that follows.</param>
    let regrownState (state: RegrownState) (phase: Phase) = phase.WithRegrown(phase.RegrownWeights, state)
