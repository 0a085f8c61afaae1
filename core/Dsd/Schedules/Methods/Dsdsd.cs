namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Two rounds of Dense-Sparse-Dense training, the second at a lower sparsity.</summary>
    /// <remarks>
    /// Source: Han et al., "DSD: dense-sparse-dense training for deep neural networks", 2017. Five phases of equal length; the ratios of their rates are those of Deep Speech 2 in the
    /// paper: 1, 1, 1/10, 1/10 and 1/50.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate of the first phase.</param>
    /// <param name="sparsity">The fraction of weights pruned in the first round, above 0 and below 1. Default 0.5.</param>
    /// <param name="secondSparsity">The fraction of weights pruned in the second round, above 0 and below 1. Default 0.25.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("dsdsd", "Two rounds of dense-sparse-dense, the second at a lower sparsity.", "Han et al., DSD: Dense-sparse-dense training for deep neural networks, ICLR 2017, section 6")]
    public static Schedule Dsdsd(Duration duration, double rate, double sparsity = 0.5, double secondSparsity = 0.25, LayerScope? layers = null)
    {
        var rates = new[] { rate, rate, rate / 10, rate / 10, rate / 50 };
        return new(rates.Select((r, i) =>
        {
            var part = Part(duration, LearningRate.Constant(r), i / 5.0, (i + 1) / 5.0);
            var phase = new Phase(null, part.Duration, LearningRate.Constant(r));
            return i % 2 == 0 ? phase : Sparse(phase, i == 1 ? Target(sparsity) : Target(secondSparsity, nameof(secondSparsity)), MaskRule.Default, layers);
        }).ToValueList());
    }
}
