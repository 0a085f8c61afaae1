using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>A policy that drops a fraction of a layer's kept weights and grows as many others instead.</summary>
/// <remarks>
/// The fraction is <see cref="MaskUpdate.FractionAt"/>: by default it decreases along half a cosine to 0 at <see cref="MaskUpdate.Until"/>. All weights but those that stay
/// may grow, as in the papers: one that was just dropped may grow again, and then simply stays, with its value.
/// Derive from this class and override <see cref="Grow"/>.
/// </remarks>
public abstract class DropAndGrow : IMaskUpdate
{
    /// <inheritdoc/>
    public virtual bool ReadsGradients => true;

    /// <summary>True if the scores of <see cref="Grow"/> rank by their absolute values, which then need not be computed.</summary>
    private protected virtual bool GrowsByMagnitude => false;

    /// <inheritdoc/>
    public BitMask Choose(MaskContext context, MaskUpdate update, long keep)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(update);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var held = context.Mask!;
        var dropped = Math.Clamp((long)Math.Round((decimal)update.FractionAt(context.PhaseStep, context.PhaseSteps) * held.Kept), Math.Max(0, held.Kept - keep), held.Kept);
        var stay = MaskContext.Top(StayScores(context), held.Kept - dropped, held);
        return keep == stay.Kept ? stay : stay.Or(MaskContext.Top(GrowScores(context), keep - stay.Kept, BitMask.All(held.Count).Except(stay)));
    }

    /// <summary>Scores the kept weights: the lowest are dropped; among equal ones those of higher index.</summary>
    /// <param name="context">The layer.</param>
    /// <returns>One finite score for each weight, in their shape; null, the default, ranks by absolute value.</returns>
    protected virtual Tensor? Stay(MaskContext context) => null;

    /// <summary>Scores all weights but those that stay: the highest are grown; among equal ones those of lower index.</summary>
    /// <param name="context">The layer.</param>
    /// <returns>One finite score for each weight, in their shape; null, the default, grows at random, by seed, layer and step.</returns>
    protected virtual Tensor? Grow(MaskContext context) => null;

    private WeightScores StayScores(MaskContext context) => Stay(context) is { } scores
        ? WeightScores.Of(context.Name, context.Weight, scores, "mask update's scores")
        : new(context.Name, "holds", context.Weight, null, true, context.Weight.numel());

    private WeightScores GrowScores(MaskContext context) => Grow(context) is { } scores
        ? WeightScores.Of(context.Name, context.Weight, scores, "mask update's scores") with { IsMagnitude = GrowsByMagnitude }
        : new(context.Name, "has", null, CounterRandom.For(context.Seed, $"grow {context.Name}", context.Step), false, context.Weight.numel());
}
