namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Rigged lottery: sparse from the start; the smallest weights are exchanged for those with the largest gradients at intervals.</summary>
    /// <remarks>
    /// Source: Evci et al., "Rigging the lottery: making all tickets winners", 2020. The gradients are those of the step before an exchange, after which weights
    /// move as at any step; the paper exchanges in place of a step.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned, above 0 and below 1. Default 0.9.</param>
    /// <param name="interval">The time between two exchanges. Default: 100 steps.</param>
    /// <param name="fraction">The fraction of kept weights that is exchanged at first, above 0 and below 1. Default 0.3.</param>
    /// <param name="until">The fraction of the length at which exchanges end. Default 0.75.</param>
    /// <param name="annealing">The course of the fraction. Default: down to 0 along a cosine.</param>
    /// <param name="distribution">The distribution over layers. Default: ERK.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("rigl", "Sparse from the start; the smallest weights are exchanged for those with the largest gradients.", "Evci et al., Rigging the lottery: Making all tickets winners, ICML 2020")]
    public static Schedule Rigl(
        Duration duration,
        LearningRate rate,
        double sparsity = 0.9,
        Duration? interval = null,
        double fraction = 0.3,
        double until = 0.75,
        Annealing annealing = Annealing.Cosine,
        SparsityDistribution? distribution = null,
        LayerScope? layers = null) =>
        AfterDense(duration, rate, 0, rest => Sparse(
            rest,
            Target(sparsity),
            new MaskRule(MaskCriterion.Random(), distribution ?? SparsityDistribution.Erk, update: MaskUpdate.Rigl(interval ?? s_interval, fraction, until, annealing)),
            layers));
}
