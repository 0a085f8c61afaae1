namespace Dsd.Benchmarks;

/// <summary>What a contender took in each round.</summary>
/// <param name="Name">The contender.</param>
/// <param name="Repetitions">How often it did its work in one timed batch.</param>
/// <param name="Rounds">Seconds for one unit, one number a round.</param>
internal sealed record Timing(string Name, int Repetitions, double[] Rounds)
{
    public double Median => Quantiles.Of(Rounds).Median;

    /// <summary>How many times longer this contender takes than another: the median and quartiles of the ratios of single rounds.</summary>
    public Quantiles Over(Timing other) => Quantiles.Of([.. Rounds.Zip(other.Rounds, (a, b) => a / b)]);

    /// <summary>Seconds for one unit over the rounds, in another unit of time or size.</summary>
    public Quantiles Times(double factor) => Quantiles.Of([.. Rounds.Select(r => r * factor)]);
}
