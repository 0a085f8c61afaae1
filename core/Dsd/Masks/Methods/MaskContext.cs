using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>One layer as a criterion scores its weights, or as an update makes its next mask.</summary>
public sealed class MaskContext
{
    private readonly bool _isOfARun = true;

    /// <summary>Describes a layer.</summary>
    /// <param name="name">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
    /// <param name="weight">Its weights.</param>
    /// <param name="gradient">Their gradients at the last step, in the same shape. Default null: none.</param>
    /// <param name="mask">The current mask. Default null: none.</param>
    /// <param name="step">The step of the run before which the mask is chosen, from 0. Default 0.</param>
    /// <param name="phaseStep">The same step within the phase, from 0 to <paramref name="phaseSteps"/> − 1. Default 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1. Default 1.</param>
    /// <param name="update">The index of the choice within the phase, from 0. Default 0.</param>
    /// <param name="seed">The seed of the run. Default 0.</param>
    /// <param name="state">The layer's stored state. Default: empty.</param>
    /// <exception cref="ArgumentException">The gradient has another shape than the weights, or the mask another number of them.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range, or the phase has not as many steps.</exception>
    public MaskContext(string name, Tensor weight, Tensor? gradient = null, BitMask? mask = null, long step = 0, long phaseStep = 0, long phaseSteps = 1, long update = 0, long seed = 0, LayerState? state = null)
        : this(name, weight, new MaskMoment(step, phaseStep, phaseSteps, update, seed), gradient, mask, state)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(phaseStep);
        ArgumentOutOfRangeException.ThrowIfLessThan(phaseSteps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(phaseStep, phaseSteps);
        ArgumentOutOfRangeException.ThrowIfNegative(update);
        if (gradient is not null && !gradient.shape.SequenceEqual(weight.shape))
        {
            throw new ArgumentException($"The gradient of {name} is of shape {WeightScores.Shape(gradient)}; its weights are of {WeightScores.Shape(weight)}.", nameof(gradient));
        }

        if (mask is not null && mask.Count != weight.numel())
        {
            throw new ArgumentException(FormattableString.Invariant($"The mask of {name} is for {mask.Count} weights; it has {weight.numel()}."), nameof(mask));
        }

        _isOfARun = false;
    }

    internal MaskContext(string name, Tensor weight, MaskMoment moment, Tensor? gradient = null, BitMask? mask = null, LayerState? state = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(weight);
        Name = name;
        Weight = weight;
        Gradient = gradient;
        Mask = mask;
        (Step, PhaseStep, PhaseSteps, Update, Seed) = moment;
        State = state ?? new LayerState();
    }

    /// <summary>The parameter's full name, e.g. <c>"fc1.weight"</c>.</summary>
    public string Name { get; }

    /// <summary>The live weights; not to be changed. Pruned ones are 0.</summary>
    public Tensor Weight { get; }

    /// <summary>
    /// The gradient of the last step for every weight, including pruned ones, as the backward pass left it, before masking and clipping, under any
    /// optimiser; not to be changed. Before the first step it is the model's own, null for a new model; later it is 0 where the loss
    /// did not reach the layer, and null for an update whose <see cref="IMaskUpdate.ReadsGradients"/> is false.
    /// </summary>
    public Tensor? Gradient { get; }

    /// <summary>Says why there is no gradient and what to do, as a clause of a sentence.</summary>
    internal string WithoutGradient => !_isOfARun ? "none was given: pass it to MaskContext as gradient"
        : Step == 0 ? "there is none before the first step: begin with a dense phase, run a backward pass before training"
        : FormattableString.Invariant($"none was kept before step {Step}: return true from ReadsGradients of the mask update");

    /// <summary>The current mask; null at the first choice of a phase.</summary>
    public BitMask? Mask { get; }

    /// <summary>The step of the run before which the mask is chosen, from 0.</summary>
    public long Step { get; }

    /// <summary>The same step within the phase, from 0.</summary>
    public long PhaseStep { get; }

    /// <summary>The steps of the phase, at least 1.</summary>
    public long PhaseSteps { get; }

    /// <summary>The index of the choice within the phase, from 0.</summary>
    public long Update { get; }

    /// <summary>The seed of the run, for random numbers that are a function of seed, layer and step.</summary>
    public long Seed { get; }

    /// <summary>The stored state of this layer; criterion and update each have their own.</summary>
    public LayerState State { get; }

    /// <summary>Returns the mask that keeps exactly <paramref name="keep"/> weights, those with the highest scores; among equal scores those of lower index.</summary>
    /// <param name="scores">One finite score for each weight, in their shape.</param>
    /// <param name="keep">The number of weights to keep, at least 0.</param>
    /// <param name="among">The weights to choose from, at least <paramref name="keep"/>. Default null: all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is negative or more than the number of weights to choose from.</exception>
    /// <exception cref="DsdException">A score is NaN or infinite, or scores have another shape.</exception>
    public BitMask Top(Tensor scores, long keep, BitMask? among = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, among?.Kept ?? Weight.numel());
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Top(WeightScores.Of(Name, Weight, scores, "mask update's scores"), keep, among);
    }

    /// <summary>Returns the current mask as a boolean tensor in the weights' shape and on their device, true where a weight is kept; all true if there is no mask.</summary>
    public Tensor Kept() => Mask is null ? ones_like(Weight, dtype: ScalarType.Bool) : MaskedMemory.Pruned(Mask, Weight.shape, Weight.device).logical_not();

    /// <summary>Returns the mask that keeps the weights at which a tensor is true.</summary>
    /// <param name="kept">A boolean tensor in the weights' shape.</param>
    /// <exception cref="ArgumentException"><paramref name="kept"/> has another shape or type.</exception>
    public BitMask MaskOf(Tensor kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        if (kept.dtype != ScalarType.Bool || !kept.shape.SequenceEqual(Weight.shape))
        {
            throw new ArgumentException($"A mask is a boolean tensor of shape {WeightScores.Shape(Weight)}; got {kept.dtype} of shape {WeightScores.Shape(kept)}.", nameof(kept));
        }

        return BitMask.Of(kept);
    }

    /// <summary>Returns the mask of the highest of given scores, which may be magnitudes or a random order.</summary>
    internal static BitMask Top(WeightScores scores, long keep, BitMask? among) => Top([(scores, keep, among)])[0];

    /// <summary>Returns such a mask for each of several layers, which are ranked together.</summary>
    internal static BitMask[] Top((WeightScores Scores, long Keep, BitMask? Among)[] layers)
    {
        // All or none of some weights need no ranking.
        var groups = Array.ConvertAll(layers, l => l.Among is not null && (l.Keep == 0 || l.Keep == l.Among.Kept) ? null : new ScoreGroup([l.Scores with { Among = l.Among }], l.Keep, false));
        var masks = ScoreGroup.Rank([.. groups.OfType<ScoreGroup>()]);
        return [.. layers.Zip(groups, (l, group) => group is not null ? masks[group.Scores[0]] : l.Keep == 0 ? l.Among!.Except(l.Among) : l.Among!)];
    }
}
