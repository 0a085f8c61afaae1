namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>A random mask from the start to the end: the control of every method that chooses.</summary>
    /// <remarks>Source: Liu et al., "The unreasonable effectiveness of random pruning: return of the most naive baseline for sparse training", 2022.</remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned, above 0 and below 1. Default 0.9.</param>
    /// <param name="distribution">The distribution over layers. Default: ERK.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("random", "A random mask from the start to the end.", "Liu et al., The unreasonable effectiveness of random pruning, ICLR 2022")]
    public static Schedule StaticRandom(Duration duration, LearningRate rate, double sparsity = 0.9, SparsityDistribution? distribution = null, LayerScope? layers = null) =>
        AfterDense(duration, rate, 0, rest => Sparse(rest, Target(sparsity), new MaskRule(MaskCriterion.Random(), distribution ?? SparsityDistribution.Erk), layers));
}
