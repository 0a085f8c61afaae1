namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Pruning in one shot: dense, pruned once, trained on under the mask; by any criterion and pattern, e.g. whole filters.</summary>
    /// <remarks>
    /// Sources: Han et al., "Learning both weights and connections for efficient neural networks", 2015 (weights); Li et al., "Pruning filters for efficient
    /// ConvNets", 2017 (filters by L1).
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned, above 0 and below 1. Default 0.9.</param>
    /// <param name="dense">The fraction of the length before the mask, at least 0 and below 1. Default 0.5.</param>
    /// <param name="criterion">The ranking of the weights. Default: magnitude.</param>
    /// <param name="distribution">The distribution over layers. Default: uniform.</param>
    /// <param name="pattern">The pattern of masks. Default: single weights.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("one-shot", "Dense, pruned once, trained on under the mask; by any criterion and pattern.", "Han et al., Learning both weights and connections for efficient neural networks, NIPS 2015; Li et al., Pruning filters for efficient ConvNets, ICLR 2017")]
    public static Schedule OneShot(
        Duration duration,
        LearningRate rate,
        double sparsity = 0.9,
        double dense = 0.5,
        MaskCriterion? criterion = null,
        SparsityDistribution? distribution = null,
        MaskPattern? pattern = null,
        LayerScope? layers = null) =>
        AfterDense(duration, rate, dense, rest => Sparse(rest, Target(sparsity), new MaskRule(criterion, distribution, pattern), layers));
}
