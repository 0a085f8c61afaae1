namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Dynamic network surgery: weights below a threshold are pruned and spliced back when they grow beyond it, with a margin between.</summary>
    /// <remarks>
    /// Source: Guo et al., "Dynamic network surgery for efficient DNNs", 2016. Pruned weights are trained straight-through. The threshold is in standard deviations of the
    /// layer's weights at the first choice; the reference fixes a mean plus deviations of magnitudes there, and lowers the frequency of surgery over time.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="deviations">The threshold in standard deviations of a layer's weights, above 0. Default 1.</param>
    /// <param name="margin">The fraction of the threshold within which weights do not change, at least 0 and below 1. Default 0.1.</param>
    /// <param name="sparsity">The most that may be pruned of a layer, above 0 and below 1. Default 0.99.</param>
    /// <param name="interval">The time between two choices of masks. Default: 100 steps.</param>
    /// <param name="dense">The fraction of the length before the first mask, at least 0 and below 1. Default 0.1.</param>
    /// <param name="until">The fraction of the length at which surgery ends. Default 0.75.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("surgery", "Weights below a threshold are pruned, and spliced back when they grow beyond it.", "Guo et al., Dynamic network surgery for efficient DNNs, NIPS 2016")]
    public static Schedule NetworkSurgery(
        Duration duration,
        LearningRate rate,
        double deviations = 1,
        double margin = 0.1,
        double sparsity = 0.99,
        Duration? interval = null,
        double dense = 0.1,
        double until = 0.75,
        LayerScope? layers = null) =>
        AfterDense(duration, rate, dense, rest => Sparse(
            rest.WithStraightThrough(new StraightThrough()).WithRegrown(RegrownWeights.Restored),
            Target(sparsity),
            new MaskRule(MaskCriterion.ThresholdInDeviations(deviations, margin), update: MaskUpdate.Every(interval ?? s_interval, mayRegrow: true).WithUntil(UntilIn(until, dense))),
            layers));
}
