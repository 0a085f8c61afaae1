namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Sparse evolutionary training: sparse from the start; the smallest weights are exchanged for random ones at intervals.</summary>
    /// <remarks>
    /// Source: Mocanu et al., "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science", 2018. The smallest
    /// absolute values are dropped, where the paper drops the smallest positive and the largest negative ones.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned, above 0 and below 1. Default 0.9.</param>
    /// <param name="interval">The time between two exchanges. Default: 1 epoch.</param>
    /// <param name="fraction">The fraction of kept weights that is exchanged, above 0 and below 1. Default 0.3.</param>
    /// <param name="until">The fraction of the length at which exchanges end. Default 1.</param>
    /// <param name="annealing">The course of the fraction. Default: constant.</param>
    /// <param name="distribution">The distribution over layers. Default: Erdős–Rényi.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("set", "Sparse from the start; the smallest weights are exchanged for random ones.", "Mocanu et al., Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science, Nature Communications 2018")]
    public static Schedule SparseEvolution(
        Duration duration,
        LearningRate rate,
        double sparsity = 0.9,
        Duration? interval = null,
        double fraction = 0.3,
        double until = 1,
        Annealing annealing = Annealing.Constant,
        SparsityDistribution? distribution = null,
        LayerScope? layers = null) =>
        AfterDense(duration, rate, 0, rest => Sparse(
            rest,
            Target(sparsity),
            new MaskRule(MaskCriterion.Random(), distribution ?? SparsityDistribution.Er, update: MaskUpdate.SparseEvolution(interval ?? Duration.Epochs(1), fraction, until, annealing)),
            layers));
}
