using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The facts by which a criterion scores the weights of one layer, or an update makes its next mask.</summary>
public sealed class MaskContext
{
    /// <summary>Describes a layer.</summary>
    /// <param name="name">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
    /// <param name="weight">Its weights.</param>
    /// <param name="gradient">Their gradients at the last step, in the same shape. Default null: there are none.</param>
    /// <param name="mask">The mask that holds. Default null: none does.</param>
    /// <param name="moment">When masks are chosen. Default: <see cref="MaskMoment.First"/>.</param>
    /// <param name="state">What is remembered of the layer. Default: nothing yet.</param>
    public MaskContext(string name, Tensor weight, Tensor? gradient = null, BitMask? mask = null, MaskMoment? moment = null, LayerState? state = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(weight);
        Name = name;
        Weight = weight;
        Gradient = gradient;
        Mask = mask;
        Moment = moment ?? MaskMoment.First;
        State = state ?? new LayerState();
    }

    /// <summary>The parameter's full name, e.g. <c>"fc1.weight"</c>.</summary>
    public string Name { get; }

    /// <summary>The live weights, to be read, not changed. Pruned ones are 0.</summary>
    public Tensor Weight { get; }

    /// <summary>
    /// The gradient of the last step for every weight, pruned ones too, as the backward pass left it, before masks and clipping, under any
    /// optimiser; to be read. Before the first step it is what the model came with, null for a new one.
    /// </summary>
    public Tensor? Gradient { get; }

    /// <summary>The mask that holds until now; null at the first choice of a phase.</summary>
    public BitMask? Mask { get; }

    /// <summary>When masks are chosen: step, update and seed.</summary>
    public MaskMoment Moment { get; }

    /// <summary>What the criterion, or the update, remembers of this layer; each has its own.</summary>
    public LayerState State { get; }

    /// <summary>The mask that keeps exactly so many weights, those of the highest scores; of equal ones those of lower index.</summary>
    /// <param name="scores">One finite score for each weight, in their shape.</param>
    /// <param name="keep">How many weights to keep, at least 0.</param>
    /// <param name="among">Those to choose from, at least <paramref name="keep"/>. Default null: all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is negative or more than there are to choose from.</exception>
    /// <exception cref="DsdException">A score is NaN or infinite, or scores have another shape.</exception>
    public BitMask Top(Tensor scores, long keep, BitMask? among = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, among?.Kept ?? Weight.numel());
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var all = WeightScores.Of(this, scores, "mask update's scores");
        if (among is null)
        {
            return MaskChoice.Rank([new([all], keep, false)])[all];
        }

        if (keep == 0 || keep == among.Kept)
        {
            return keep == 0 ? among.Except(among) : among;
        }

        var some = all.Among(among);
        return among.Narrowed(MaskChoice.Rank([new([some], keep, false)])[some]);
    }

    /// <summary>The mask that holds as a boolean tensor in the weights' shape and place, true where a weight is kept; all true where none holds.</summary>
    public Tensor Kept() => Mask is null ? ones_like(Weight, dtype: ScalarType.Bool) : MaskedMemory.Pruned(Mask, Weight.shape, Weight.device).logical_not();

    /// <summary>The mask that keeps the weights at which a tensor is true.</summary>
    /// <param name="kept">A boolean tensor in the weights' shape.</param>
    /// <exception cref="ArgumentException"><paramref name="kept"/> has another shape or type.</exception>
    public BitMask MaskOf(Tensor kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        if (kept.dtype != ScalarType.Bool || !kept.shape.SequenceEqual(Weight.shape))
        {
            throw new ArgumentException($"A mask is a boolean tensor of shape {WeightScores.Shape(Weight)}; got {kept.dtype} of shape {WeightScores.Shape(kept)}.", nameof(kept));
        }

        using var scope = NewDisposeScope();
        return Top(kept.to(ScalarType.Float32), kept.sum().cpu().item<long>());
    }
}
