namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Dense-Sparse-Dense training: dense, pruned once by magnitude, dense again at a lower rate.</summary>
    /// <remarks>Source: Han et al., "DSD: dense-sparse-dense training for deep neural networks", 2017. Half of the length is dense, a quarter sparse, and a quarter dense again.</remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate at the start; it decays along a cosine to a tenth, with which the sparse phase continues, and the last phase has a hundredth.</param>
    /// <param name="sparsity">The fraction of weights pruned in each layer, above 0 and below 1. Default 0.3.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("dsd", "Dense, pruned once by magnitude, dense again.", "Han et al., DSD: Dense-sparse-dense training for deep neural networks, ICLR 2017")]
    public static Schedule Dsd(Duration duration, double rate, double sparsity = 0.3, LayerScope? layers = null)
    {
        var (any, target) = (LearningRate.Constant(rate), Target(sparsity).To.Value);
        return Schedule.Dsd(Part(duration, any, 0, 0.5).Duration, Part(duration, any, 0.5, 0.75).Duration, Part(duration, any, 0.75, 1).Duration, target, rate, layers);
    }
}
