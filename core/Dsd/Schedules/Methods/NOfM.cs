namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>N:M pruning in one shot: dense, then of every M neighbours the N largest are trained on.</summary>
    /// <remarks>Source: Mishra et al., "Accelerating sparse deep neural networks", 2021: train, prune 2 of 4 once, and repeat the training.</remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over each of the two trainings; the second repeats it.</param>
    /// <param name="keep">The number N kept in each group. Default 2.</param>
    /// <param name="of">The number M of neighbours in a group. Default 4.</param>
    /// <param name="dense">The fraction of the length of the first, dense training, above 0 and below 1. Default 0.5.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("n-of-m", "Dense, then of every M neighbours the N largest are trained again.", "Mishra et al., Accelerating sparse deep neural networks, 2021")]
    public static Schedule NOfM(Duration duration, LearningRate rate, int keep = 2, int of = 4, double dense = 0.5, LayerScope? layers = null) => new(
    [
        Part(duration, rate, 0, Fraction(dense, nameof(dense))).WithRate(rate),
        Sparse(Part(duration, rate, dense, 1).WithRate(rate), NeighbourSparsity(keep, of), new MaskRule(pattern: MaskPattern.NOfM(keep, of)), layers),
    ]);

    private static SparsityCurve NeighbourSparsity(int keep, int of) => SparsityCurve.Constant(((Schedules.NOfM)MaskPattern.NOfM(keep, of).BuiltIn!).Sparsity);
}
