using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>A resolved phase: its steps, rates and exact counts.</summary>
/// <param name="Index">The index of the phase in the plan, from 0.</param>
/// <param name="Phase">The phase of the schedule.</param>
/// <param name="FirstStep">The first step of the phase in the run, from 0.</param>
/// <param name="Steps">The number of steps, at least 1.</param>
/// <param name="Layers">Every weight tensor of the network, in order, pruned or not.</param>
public sealed record PlannedPhase(int Index, Phase Phase, long FirstStep, long Steps, ValueList<PlannedLayer> Layers)
{
    /// <summary>The number of mask updates in a phase up to which each has an event.</summary>
    private const long MostRecordedUpdates = 500;

    /// <summary>The times at which masks are chosen, with the interval in steps.</summary>
    public MaskUpdate Update { get; init; } = Phase.Mask.Update;

    /// <summary>The names of the layers that return on entry, in the model's order; null where the phase has no return, or one of the whole network.</summary>
    public ValueList<string>? RewoundLayers { get; init; }

    /// <summary>True if no weight is ever masked.</summary>
    public bool IsDense => !Layers.Any(l => l.IsPruned);

    /// <summary>The rules of the phase that have no effect: later rules override them, or their layers stay dense anyway.</summary>
    internal IEnumerable<LayerRule> IdleRules => IsDense ? [] : Phase.Layers.Rules.Where(r => Layers.All(l => l.Rule != r.ToString()));

    /// <summary>The number of mask updates; 0 in a dense phase.</summary>
    public long Updates => IsDense ? 0 : Update.CountIn(Steps);

    /// <summary>True if some layer, or the global ranking, may keep more weights after a later mask update than after an earlier one.</summary>
    internal bool Loosens => Updates > 1 && Layers.Any(l => (l.IsGlobal ? Phase.Sparsity : l.Sparsity) is { } curve && curve.From > curve.To);

    /// <summary>True if pruned weights may be ranked by the value that they had when they were pruned, which must then be remembered.</summary>
    internal bool RanksPrunedByValue => (Phase.Mask.Criterion.Kind, Phase.Mask.Update) switch
    {
        (_, { Policy: not null }) => false,
        (CriterionKind.Movement or CriterionKind.RandomOfEqualNorm, _) => Updates > 1,
        (CriterionKind.Magnitude or CriterionKind.Threshold, { MayRegrow: true }) => Updates > 1,
        (not CriterionKind.Random, { MayRegrow: false }) => Loosens,
        _ => false,
    };

    /// <summary>True if the values that weights had when they were pruned are remembered: to rank, train or restore them.</summary>
    internal bool RemembersPruned => !IsDense && (RanksPrunedByValue || Phase.StraightThrough is not null || Phase.RegrownWeights == RegrownWeights.Restored);

    /// <summary>Counts the mask updates without an event between one that has one and the event before it.</summary>
    /// <param name="update">The index of the update in the phase, from 0.</param>
    /// <returns>The number; null if the update has no event of its own.</returns>
    internal long? UnrecordedBefore(long update)
    {
        // Counted in updates and from the phase alone, so that a run that continues from a checkpoint records the same ones.
        var every = Math.Max(1, (Updates + MostRecordedUpdates - 1) / MostRecordedUpdates);
        return update == 0 ? 0 : update % every == 0 || update == Updates - 1 ? (update - 1) % every : null;
    }

    /// <summary>Gets the learning rate at a step.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public double RateAt(long step) => Phase.Rate.At(step, Steps);

    /// <summary>Computes the number of weights that a layer keeps after a mask update.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <param name="update">The index of the update in the phase, from 0.</param>
    /// <returns>The exact count; null for a globally ranked layer, of which only the sum is known in advance, and for one that <see cref="PlannedLayer.IsOpen"/>.</returns>
    public long? KeptAt(PlannedLayer layer, long update) =>
        layer.Sparsity is not { } curve ? layer.Weights
        : layer.IsGlobal || layer.IsOpen ? null
        : layer.GivenKept ?? LeastKeptAt(layer, update);

    /// <summary>Computes the least number of weights that a layer keeps after a mask update, by its sparsity; what a layer that <see cref="PlannedLayer.IsOpen"/> keeps in any case.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <param name="update">The index of the update in the phase, from 0.</param>
    public long LeastKeptAt(PlannedLayer layer, long update) =>
        layer.Sparsity is not { } curve ? layer.Weights
        : layer.Pattern?.Groups(curve.At(update, Updates)).Kept ?? curve.At(update, Updates).Kept(layer.Weights);

    /// <summary>True if masks are chosen before a step.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public bool ChoosesAt(long step) => !IsDense && Update.IsDue(step, Steps);

    /// <summary>Gets the index of the mask update in effect at a step, from 0.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public long UpdateAt(long step) => Update.IndexAt(step, Steps);

    /// <summary>Computes the number of weights that the globally ranked layers keep together after a mask update; at least one each.</summary>
    /// <param name="update">The index of the update in the phase, from 0.</param>
    /// <returns>The exact sum; 0 if no layer is ranked globally.</returns>
    public long GlobalKeptAt(long update)
    {
        var pooled = Layers.Where(l => l.IsGlobal).ToList();
        return pooled.Count == 0 ? 0 : Math.Max(pooled.Count, Phase.Sparsity.At(update, Updates).Kept(pooled.Sum(l => l.Weights)));
    }

    /// <summary>Computes the number of weights that the whole network keeps after a mask update; of layers that are open, the least.</summary>
    /// <param name="update">The index of the update in the phase, from 0.</param>
    public long TotalKeptAt(long update) => Layers.Sum(l => KeptAt(l, update) ?? (l.IsOpen && !l.IsGlobal ? LeastKeptAt(l, update) : 0)) + GlobalKeptAt(update);
}
