namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Learning-rate rewinding: train, prune the smallest of the weights that are left, and train on with the rates of an early point, several times.</summary>
    /// <remarks>Source: Renda et al., "Comparing rewinding and fine-tuning in neural network pruning", 2020. Weights go on from where they are; only the rate returns.</remarks>
    /// <param name="duration">The total length of all rounds and of the dense training before them.</param>
    /// <param name="rate">The rate over one round, repeated in each.</param>
    /// <param name="sparsity">The fraction of weights pruned in the last round, above 0 and below 1. Default 0.9.</param>
    /// <param name="rounds">The number of sparse rounds, at least 1. Default 5.</param>
    /// <param name="rewindTo">The part of a round at which the rate starts again, at least 0 (its start) and below 1. Default 0.05.</param>
    /// <param name="distribution">The distribution over layers. Default: one global ranking.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("lr-rewinding", "Train, prune, and train on with the rates of an early point, several times.", "Renda et al., Comparing rewinding and fine-tuning in neural network pruning, ICLR 2020")]
    public static Schedule LearningRateRewinding(
        Duration duration, LearningRate rate, double sparsity = 0.9, int rounds = 5, double rewindTo = 0.05, SparsityDistribution? distribution = null, LayerScope? layers = null) =>
        Rounds(duration, rate, sparsity, rounds, rewindTo, null, distribution, layers);
}
