namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>Lottery tickets: train, prune the smallest of the weights that are left, return to early weights, and train again, several times.</summary>
    /// <remarks>
    /// Sources: Frankle and Carbin, "The lottery ticket hypothesis: finding sparse, trainable neural networks", 2019; Frankle et al., "Linear mode connectivity and the
    /// lottery ticket hypothesis", 2020 (returning to a step after the start). Each round prunes the same fraction of what is left; the published 20 % a
    /// round reach a sparsity of 0.893 in 10 rounds.
    /// </remarks>
    /// <param name="duration">The total length of all rounds and of the dense training before them.</param>
    /// <param name="rate">The rate over one round, repeated in each.</param>
    /// <param name="sparsity">The fraction of weights pruned in the last round, above 0 and below 1. Default 0.9.</param>
    /// <param name="rounds">The number of sparse rounds, at least 1. Default 5.</param>
    /// <param name="rewindTo">The part of a round after which weights are remembered to return to, at least 0 (the start) and below 1. Default 0.05.</param>
    /// <param name="distribution">The distribution over layers. Default: one global ranking.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("lottery-ticket", "Train, prune, return to early weights and train again, several times.", "Frankle and Carbin, The lottery ticket hypothesis, ICLR 2019; Frankle et al., Linear mode connectivity and the lottery ticket hypothesis, ICML 2020")]
    public static Schedule LotteryTicket(
        Duration duration, LearningRate rate, double sparsity = 0.9, int rounds = 5, double rewindTo = 0.05, SparsityDistribution? distribution = null, LayerScope? layers = null) =>
        Rounds(duration, rate, sparsity, rounds, rewindTo, rewindTo == 0 ? Rewind.ToStart : Rewind.ToEndOf(WarmUp), distribution, layers);

    private const string WarmUp = "warm-up";
    private const int MostRounds = 1000;

    /// <summary>Dense training and rounds of pruning, each with the rate of one training from a point on.</summary>
    private static Schedule Rounds(Duration duration, LearningRate rate, double sparsity, int rounds, double rewindTo, Rewind? rewind, SparsityDistribution? distribution, LayerScope? layers)
    {
        _ = rounds is >= 1 and <= MostRounds ? 0 : throw new ArgumentOutOfRangeException(nameof(rounds), rounds, FormattableString.Invariant($"There is at least 1 sparse round, and at most {MostRounds}."));
        var (start, target) = (Fraction(rewindTo, nameof(rewindTo), mayBeZero: true), Target(sparsity).To.Value);

        // In units of one training: the first is whole, and each round misses the part before the point.
        double End(int round) => 1 + (round * (1 - start));
        var total = End(rounds);
        Phase Cut(double from, double to, double partFrom, double partTo) =>
            new(null, Part(duration, rate, from / total, to / total).Duration, partFrom == 0 && partTo == 1 ? rate : rate.Part(partFrom, partTo));
        var phases = new List<Phase>();
        if (start > 0)
        {
            phases.Add(Cut(0, start, 0, start).WithName(WarmUp));
        }

        // Else its place, after another dense phase, would name it.
        phases.Add(Cut(start, 1, start, 1).WithName("dense"));
        for (var round = 1; round <= rounds; round++)
        {
            var level = round == rounds ? target : 1 - Math.Pow(1 - target, (double)round / rounds);
            var rule = new MaskRule(distribution: distribution ?? SparsityDistribution.Global, within: round == 1 ? null : GivenMasks.PreviousPhase);
            phases.Add(Sparse(Cut(End(round - 1), End(round), start, 1), SparsityCurve.Constant(level), rule, layers).WithRewind(rewind));
        }

        return new(phases.ToValueList());
    }
}
