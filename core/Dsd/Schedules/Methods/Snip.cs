namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>SNIP: pruned once before the first step, by |weight × gradient| of one batch.</summary>
    /// <remarks>Source: Lee et al., "SNIP: single-shot network pruning based on connection sensitivity", 2019. The gradients are those of the first training batch.</remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned, above 0 and below 1. Default 0.9.</param>
    /// <param name="distribution">The distribution over layers. Default: one global ranking.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("snip", "Pruned once before the first step, by |weight × gradient| of one batch.", "Lee et al., SNIP: Single-shot network pruning based on connection sensitivity, ICLR 2019")]
    public static Schedule Snip(Duration duration, LearningRate rate, double sparsity = 0.9, SparsityDistribution? distribution = null, LayerScope? layers = null) =>
        AfterDense(duration, rate, 0, rest => Sparse(rest, Target(sparsity), new MaskRule(MaskCriterion.WeightTimesGradient, distribution ?? SparsityDistribution.Global), layers));
}
