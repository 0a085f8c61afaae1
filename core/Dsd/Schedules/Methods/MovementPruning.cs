namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Movement pruning: the sparsity rises along a cubic curve, and weights stay that move away from zero.</summary>
    /// <remarks>
    /// Source: Sanh et al., "Movement pruning: adaptive sparsity by fine-tuning", 2020. Scores are the plain sums of −w·g; the paper trains them with a
    /// rate of their own, which does not change their order unless it varies. Start from trained weights (<c>--init</c>), or give a dense part.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned at the end, above 0 and below 1. Default 0.9.</param>
    /// <param name="interval">The time between two mask updates. Default: 100 steps.</param>
    /// <param name="dense">The fraction of the length before the ramp, at least 0 and below 1. Default 0.1.</param>
    /// <param name="until">The fraction of the length at which the ramp ends. Default 0.75.</param>
    /// <param name="distribution">The distribution over layers. Default: uniform.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("movement", "The sparsity rises, and weights stay that move away from zero.", "Sanh et al., Movement pruning: Adaptive sparsity by fine-tuning, NeurIPS 2020")]
    public static Schedule MovementPruning(
        Duration duration, LearningRate rate, double sparsity = 0.9, Duration? interval = null, double dense = 0.1, double until = 0.75, SparsityDistribution? distribution = null, LayerScope? layers = null) =>
        AfterDense(duration, rate, dense, rest => Sparse(
            rest.WithRegrown(RegrownWeights.Restored),
            SparsityCurve.Cubic(0, Target(sparsity).To.Value),
            new MaskRule(MaskCriterion.Movement, distribution, update: MaskUpdate.Every(interval ?? s_interval, mayRegrow: true).WithUntil(UntilIn(until, dense))),
            layers));
}
