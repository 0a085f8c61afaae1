namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Top-KAST: the largest weights are in the network, and a larger set of them is trained.</summary>
    /// <remarks>
    /// Source: Jayakumar et al., "Top-KAST: top-k always sparse training", 2020. Weights outside of the network are trained by the gradients at their places, with a
    /// decay that is larger by the inverse of the density, as in the paper; the others keep their values.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights that are not in the network, above 0 and below 1. Default 0.9.</param>
    /// <param name="backwardSparsity">The fraction of weights that are not trained, at least 0 and at most <paramref name="sparsity"/>, at which no others are trained. Default 0.8.</param>
    /// <param name="interval">The time between two choices of masks. Default: 100 steps.</param>
    /// <param name="decay">The weight decay of weights outside of the network, before it is divided by the density; at least 0. Default 0.0001.</param>
    /// <param name="distribution">The distribution over layers. Default: uniform.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("top-kast", "The largest weights are in the network, and a larger set of them is trained.", "Jayakumar et al., Top-KAST: Top-K always sparse training, NeurIPS 2020")]
    public static Schedule TopKast(
        Duration duration,
        LearningRate rate,
        double sparsity = 0.9,
        double backwardSparsity = 0.8,
        Duration? interval = null,
        double decay = 0.0001,
        SparsityDistribution? distribution = null,
        LayerScope? layers = null) =>
        Fraction(backwardSparsity, nameof(backwardSparsity), mayBeZero: true) > sparsity
            ? throw new ArgumentOutOfRangeException(nameof(backwardSparsity), backwardSparsity, FormattableString.Invariant($"The fraction of weights that are not trained is at most the sparsity, {sparsity:R}. Give backwardSparsity too; its default is 0.8."))
            : AfterDense(duration, rate, 0, rest => Sparse(
                rest.WithStraightThrough(new StraightThrough(Divided(decay, Target(sparsity).To.Value), (double)(1 - (decimal)Fraction(backwardSparsity, nameof(backwardSparsity), mayBeZero: true)))).WithRegrown(RegrownWeights.Restored),
                Target(sparsity),
                new MaskRule(distribution: distribution, update: MaskUpdate.Every(interval ?? s_interval, mayRegrow: true)),
                layers));

    /// <summary>A decay over the density, without the last digits of a binary fraction where it is one that decimals hold.</summary>
    private static double Divided(double decay, double sparsity) => decay is >= 1e-9 and < 1e9 ? (double)((decimal)decay / (1 - (decimal)sparsity)) : decay / (1 - sparsity);
}
