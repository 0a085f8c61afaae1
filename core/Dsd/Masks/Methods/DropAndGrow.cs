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
        return Choose([(context, keep)], update)[0];
    }

    /// <summary>Makes the next masks of several layers at once: the threads share their rankings out.</summary>
    /// <param name="layers">The layers, each with the number of weights that its mask must keep.</param>
    /// <param name="update">The update as the schedule defines it.</param>
    internal BitMask[] Choose(IReadOnlyList<(MaskContext Context, long Keep)> layers, MaskUpdate update)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var stay = MaskContext.Top([.. layers.Select(l => (StayScores(l.Context), l.Context.Mask!.Kept - Dropped(l.Context, update, l.Keep), l.Context.Mask))]);
        var growing = Enumerable.Range(0, layers.Count).Where(i => layers[i].Keep > stay[i].Kept).ToList();
        var grown = MaskContext.Top([.. growing.Select(i => (GrowScores(layers[i].Context), layers[i].Keep - stay[i].Kept, (BitMask?)BitMask.All(stay[i].Count).Except(stay[i])))]);
        for (var i = 0; i < growing.Count; i++)
        {
            stay[growing[i]] = stay[growing[i]].Or(grown[i]);
        }

        return stay;
    }

    /// <summary>Scores the kept weights: the lowest are dropped; among equal ones those of higher index.</summary>
    /// <param name="context">The layer.</param>
    /// <returns>One finite score for each weight, in their shape; null, the default, ranks by absolute value.</returns>
    protected virtual Tensor? Stay(MaskContext context) => null;

    /// <summary>Scores all weights but those that stay: the highest are grown; among equal ones those of lower index.</summary>
    /// <param name="context">The layer.</param>
    /// <returns>One finite score for each weight, in their shape; null, the default, grows at random, by seed, layer and step.</returns>
    protected virtual Tensor? Grow(MaskContext context) => null;

    private static long Dropped(MaskContext context, MaskUpdate update, long keep)
    {
        var held = context.Mask!.Kept;
        return Math.Clamp((long)Math.Round((decimal)update.FractionAt(context.PhaseStep, context.PhaseSteps) * held), Math.Max(0, held - keep), held);
    }

    private WeightScores StayScores(MaskContext context) => Stay(context) is { } scores
        ? WeightScores.Of(context.Name, context.Weight, scores, "mask update's scores")
        : new(context.Name, "holds", context.Weight, null, true, context.Weight.numel());

    private WeightScores GrowScores(MaskContext context) => Grow(context) is { } scores
        ? WeightScores.Of(context.Name, context.Weight, scores, "mask update's scores") with { IsMagnitude = GrowsByMagnitude }
        : new(context.Name, "has", null, CounterRandom.For(context.Seed, $"grow {context.Name}", context.Step), false, context.Weight.numel());
}
