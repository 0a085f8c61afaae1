namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Gradual pruning: the sparsity rises along a cubic curve while training goes on, by magnitude, each mask within the one before.</summary>
    /// <remarks>Source: Zhu and Gupta, "To prune, or not to prune: exploring the efficacy of pruning for model compression", 2017: s(t) = s − s·(1 − t)³ over the ramp.</remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned at the end, above 0 and below 1. Default 0.9.</param>
    /// <param name="interval">The time between two mask updates. Default: 100 steps.</param>
    /// <param name="dense">The fraction of the length before the ramp, at least 0 and below 1. Default 0.1.</param>
    /// <param name="until">The fraction of the length at which the ramp ends. Default 0.75.</param>
    /// <param name="distribution">The distribution over layers. Default: uniform.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("gradual", "The sparsity rises along a cubic curve while training goes on.", "Zhu and Gupta, To prune, or not to prune, 2017")]
    public static Schedule Gradual(
        Duration duration, LearningRate rate, double sparsity = 0.9, Duration? interval = null, double dense = 0.1, double until = 0.75, SparsityDistribution? distribution = null, LayerScope? layers = null) =>
        AfterDense(duration, rate, dense, rest => Sparse(
            rest,
            SparsityCurve.Cubic(0, Target(sparsity).To.Value),
            new MaskRule(distribution: distribution, update: MaskUpdate.Every(interval ?? s_interval).WithUntil(UntilIn(until, dense))),
            layers));
}
