namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>SR-STE: N:M sparse from the start, with masks chosen at every step; pruned weights are trained straight-through and decay.</summary>
    /// <remarks>Source: Zhou et al., "Learning N:M fine-grained structured sparse neural networks from scratch", 2021.</remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="keep">The number N kept in each group. Default 2.</param>
    /// <param name="of">The number M of neighbours in a group. Default 4.</param>
    /// <param name="decay">The factor of pruned weights that is added to their gradients, at least 0. Default 0.0002.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("sr-ste", "N:M sparse from the start, masks chosen at every step, pruned weights trained straight-through.", "Zhou et al., Learning N:M fine-grained structured sparse neural networks from scratch, ICLR 2021")]
    public static Schedule SrSte(Duration duration, LearningRate rate, int keep = 2, int of = 4, double decay = 0.0002, LayerScope? layers = null) =>
        AfterDense(duration, rate, 0, rest => Sparse(
            rest.WithStraightThrough(new StraightThrough(decay)).WithRegrown(RegrownWeights.Restored),
            NeighbourSparsity(keep, of),
            new MaskRule(pattern: MaskPattern.NOfM(keep, of), update: MaskUpdate.Every(1, mayRegrow: true)),
            layers));
}
