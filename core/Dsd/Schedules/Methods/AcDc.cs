namespace Dsd.Schedules;

public static partial class Methods
{
    private const int MostCycles = 1000;
    private const decimal ShortestCycle = 1e-9m;

    /// <summary>Alternating compressed and decompressed training: dense and sparse phases in turn under one learning rate, ending sparse.</summary>
    /// <remarks>
    /// Source: Peste et al., "AC/DC: alternating compressed/decompressed training of deep neural networks", 2021. Masks by magnitude; the optimiser's state is
    /// cleared when a mask is lifted. With the defaults, 100 epochs are 10 dense, then 5 sparse and 5 dense in turn, 10 dense, and 15 sparse.
    /// </remarks>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="sparsity">The fraction of weights pruned in the sparse phases, above 0 and below 1. Default 0.9.</param>
    /// <param name="dense">The fraction of the length before the first mask. Default 0.1.</param>
    /// <param name="cycle">The fraction of the length of each phase between. Default 0.05.</param>
    /// <param name="last">The fraction of the length of the last, sparse phase. Default 0.15.</param>
    /// <param name="distribution">The distribution over layers. Default: one global ranking; uniform with a pattern.</param>
    /// <param name="pattern">The pattern of masks, e.g. 2 of 4. Default: single weights.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range, or phases of the length <paramref name="cycle"/> do not fill the time between the first and the last.</exception>
    [Method("ac-dc", "Dense and sparse phases in turn under one learning rate, ending sparse.", "Peste et al., AC/DC: Alternating compressed/decompressed training of deep neural networks, NeurIPS 2021")]
    public static Schedule AcDc(
        Duration duration,
        LearningRate rate,
        double sparsity = 0.9,
        double dense = 0.1,
        double cycle = 0.05,
        double last = 0.15,
        SparsityDistribution? distribution = null,
        MaskPattern? pattern = null,
        LayerScope? layers = null)
    {
        var between = 1 - (decimal)Fraction(dense, nameof(dense)) - (decimal)Fraction(last, nameof(last));
        if (between <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(last), last, FormattableString.Invariant($"The parts dense ({dense:R}) and last ({last:R}) leave no time between them. Together they must be below 1."));
        }

        var count = between / Math.Max(ShortestCycle, (decimal)Fraction(cycle, nameof(cycle)));
        if (count is < 2 or > MostCycles || Math.Abs(count - Math.Round(count)) > 1e-9m)
        {
            throw new ArgumentOutOfRangeException(nameof(cycle), cycle, FormattableString.Invariant($"Phases of {cycle:R} of the length must fill the {between} between the first and the last, at least two of them and at most {MostCycles}, such as {between / Math.Clamp(Math.Round(count), 2, MostCycles)}."));
        }

        var rule = new MaskRule(distribution: distribution ?? (pattern is null || pattern == MaskPattern.Element ? SparsityDistribution.Global : SparsityDistribution.Uniform), pattern: pattern);
        Phase Compressed(double from, double to) => Sparse(Part(duration, rate, from, to), Target(sparsity), rule, layers).WithRegrown(RegrownWeights.Zero, RegrownState.Reset);
        var cycles = (int)Math.Round(count);
        double At(int phase) => (double)((decimal)dense + (between * phase / cycles));

        // An odd number of phases would put two sparse ones at the end; the last dense one is longer instead.
        var even = cycles / 2 * 2;
        var phases = new List<Phase> { Part(duration, rate, 0, dense) };
        for (var i = 0; i < even; i++)
        {
            phases.Add(i % 2 == 0 ? Compressed(At(i), At(i + 1)) : Part(duration, rate, At(i), i == even - 1 ? At(cycles) : At(i + 1)));
        }

        phases.Add(Compressed(At(cycles), 1));
        return new(phases.ToValueList());
    }
}
