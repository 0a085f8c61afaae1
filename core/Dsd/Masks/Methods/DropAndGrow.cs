using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>A policy that drops a fraction of a layer's kept weights and grows as many pruned ones instead.</summary>
/// <remarks>
/// The fraction starts at the update's and decreases along half a cosine to 0 at <see cref="MaskUpdate.Until"/>. Grown weights were
/// pruned before the update, so at most as many are dropped as are pruned. Derive from this class and override <see cref="Grow"/>.
/// </remarks>
public abstract class DropAndGrow : IMaskUpdate
{
    /// <inheritdoc/>
    public virtual bool ReadsGradients => true;

    /// <inheritdoc/>
    public BitMask Choose(MaskContext context, MaskUpdate update, long keep)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(update);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var held = context.Mask!;
        var fraction = (decimal)FractionAt(context, update);
        var dropped = Math.Clamp((long)Math.Round(fraction * held.Kept), Math.Max(0, held.Kept - keep), held.Count - keep);
        var stay = context.Top(Stay(context), held.Kept - dropped, held);
        return keep == stay.Kept ? stay : stay.Or(context.Top(Grow(context), keep - stay.Kept, BitMask.All(held.Count).Except(held)));
    }

    /// <summary>Scores the kept weights: the lowest are dropped. Default: their absolute value.</summary>
    /// <param name="context">The layer.</param>
    protected virtual Tensor Stay(MaskContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Weight.abs();
    }

    /// <summary>Scores the pruned weights: the highest are grown.</summary>
    /// <param name="context">The layer.</param>
    protected abstract Tensor Grow(MaskContext context);

    private static double FractionAt(MaskContext at, MaskUpdate update) =>
        update.Fraction / 2 * (1 + Math.Cos(Math.PI * Math.Min(1, at.PhaseStep / (update.Until * at.PhaseSteps))));
}
