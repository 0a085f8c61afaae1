using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>One phase resolved: its steps, rates and exact counts.</summary>
/// <param name="Index">Its place in the plan, from 0.</param>
/// <param name="Phase">What was asked for.</param>
/// <param name="FirstStep">The first step of the run that belongs to it, from 0.</param>
/// <param name="Steps">How many steps it has, at least 1.</param>
/// <param name="Layers">Every weight tensor of the network, in order, pruned or not.</param>
public sealed record PlannedPhase(int Index, Phase Phase, long FirstStep, long Steps, ValueList<PlannedLayer> Layers)
{
    /// <summary>Whether no weight is ever masked.</summary>
    public bool IsDense => !Layers.Any(l => l.IsPruned);

    /// <summary>The phase's rules that decide no layer: later ones take all that they match, or it stays dense anyway.</summary>
    public IEnumerable<LayerRule> IdleRules => IsDense ? [] : Phase.Layers.Rules.Where(r => Layers.All(l => l.Rule != r.ToString()));

    /// <summary>How often masks are chosen; 0 in a dense phase.</summary>
    public long Updates => IsDense ? 0 : Phase.Mask.Update.CountIn(Steps);

    /// <summary>Whether some layer, or the pool, may keep more weights after a later choice of masks than after an earlier one.</summary>
    internal bool Loosens => Updates > 1 && Layers.Any(l => (l.IsGlobal ? Phase.Sparsity : l.Sparsity) is { } curve && curve.From > curve.To);

    /// <summary>Whether pruned weights may be ranked by the magnitude that they had when they were pruned, which must be remembered then.</summary>
    internal bool RanksPrunedByMagnitude => (Phase.Mask.Criterion.Kind, Phase.Mask.Update) switch
    {
        (_, { Policy: not null }) => false,
        (CriterionKind.Magnitude, { MayRegrow: true }) => Updates > 1,
        (not CriterionKind.Random, { MayRegrow: false }) => Loosens,
        _ => false,
    };

    /// <summary>The learning rate at a step.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public double RateAt(long step) => Phase.Rate.At(step, Steps);

    /// <summary>How many weights a layer keeps after a mask update.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <param name="update">Which update of the phase, from 0.</param>
    /// <returns>The exact count, or null for a pooled layer, of which only the sum is known before.</returns>
    public long? KeptAt(PlannedLayer layer, long update) =>
        layer.Sparsity is not { } curve ? layer.Weights
        : layer.IsGlobal ? null
        : layer.Pattern?.Groups(curve.At(update, Updates)).Kept ?? curve.At(update, Updates).Kept(layer.Weights);

    /// <summary>Whether masks are chosen before a step.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public bool ChoosesAt(long step) => !IsDense && Phase.Mask.Update.IsDue(step, Steps);

    /// <summary>Which choice of masks holds at a step, from 0.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public long UpdateAt(long step) => Phase.Mask.Update.IndexAt(step, Steps);

    /// <summary>How many weights the pooled layers keep together after a mask update; at least one each.</summary>
    /// <param name="update">Which update of the phase, from 0.</param>
    /// <returns>The exact sum, or 0 where no layer is pooled.</returns>
    public long GlobalKeptAt(long update)
    {
        var pooled = Layers.Where(l => l.IsGlobal).ToList();
        return pooled.Count == 0 ? 0 : Math.Max(pooled.Count, Phase.Sparsity.At(update, Updates).Kept(pooled.Sum(l => l.Weights)));
    }

    /// <summary>How many weights the whole network's weight tensors keep after a mask update.</summary>
    /// <param name="update">Which update of the phase, from 0.</param>
    public long TotalKeptAt(long update) => Layers.Sum(l => KeptAt(l, update) ?? 0) + GlobalKeptAt(update);
}
