using MathNet.Numerics.Distributions;

namespace Dsd.Studies.Statistics;

/// <summary>What paired differences show: Student's paired t-test, a sign-flip permutation test, effect size, equivalence, power.</summary>
public sealed record PairedDifference
{
    private PairedDifference(Sample differences, long seed)
    {
        Differences = differences;
        Interval = differences.Interval();
        if (differences.StandardDeviation is { } deviation)
        {
            T = differences.Mean == 0 ? 0 : differences.Mean / (deviation / Math.Sqrt(differences.Count));
            PValue = T == 0 ? 1 : double.IsInfinity(T.Value) ? 0 : 2 * StudentT.CDF(0, 1, DegreesOfFreedom, -Math.Abs(T.Value));
            EffectSize = differences.Mean == 0 ? 0 : differences.Mean / deviation;
            SmallestDetectable = Power.SmallestDetectable(differences.Count, deviation);
            var (low, high) = differences.Interval(0.90)!.Value;
            NoDifferenceLargerThan = Math.Max(Math.Abs(low), Math.Abs(high));
        }

        (PermutationPValue, IsExact) = SignFlips.PValue(differences.Values, seed);
    }

    /// <summary>The differences.</summary>
    public Sample Differences { get; }

    /// <summary>The 95 % confidence interval of their mean; null of a single pair.</summary>
    public (double Low, double High)? Interval { get; }

    /// <summary>Student's t; infinite where all differences are the same and not 0; null of a single pair.</summary>
    public double? T { get; }

    /// <summary>The degrees of freedom of t: pairs less one.</summary>
    public int DegreesOfFreedom => Differences.Count - 1;

    /// <summary>The two-sided p-value of the paired t-test; null of a single pair.</summary>
    public double? PValue { get; }

    /// <summary>
    /// The two-sided p-value of the sign-flip permutation test of the mean: by all sign patterns up to 20 pairs, by 100,000 drawn
    /// ones beyond, as (1 + as extreme) / (1 + drawn).
    /// </summary>
    public double PermutationPValue { get; }

    /// <summary>Whether <see cref="PermutationPValue"/> went through all sign patterns.</summary>
    public bool IsExact { get; }

    /// <summary>Cohen's d_z: the mean in standard deviations of the differences; null of a single pair.</summary>
    public double? EffectSize { get; }

    /// <summary>Hedges' g: d_z times 1 − 3/(4·df − 1), which takes off its bias in small samples; null of fewer than three pairs.</summary>
    public double? HedgesG => DegreesOfFreedom > 1 ? EffectSize * (1 - (3.0 / ((4 * DegreesOfFreedom) - 1))) : null;

    /// <summary>The smallest true difference that so many pairs of this spread find four times in five (two-sided, 5 %); null of a single pair.</summary>
    public double? SmallestDetectable { get; }

    /// <summary>
    /// The smallest margin within which two one-sided t-tests of 5 % each place the true difference (Schuirmann, 1987): the larger
    /// end of the 90 % interval; null of a single pair.
    /// </summary>
    public double? NoDifferenceLargerThan { get; }

    /// <summary>Tests differences.</summary>
    /// <param name="differences">The differences of all pairs, at least one, all finite.</param>
    /// <param name="seed">The seed of drawn sign patterns. Default 0.</param>
    /// <exception cref="ArgumentException">There is no difference, or one is not finite.</exception>
    public static PairedDifference Of(IEnumerable<double> differences, long seed = 0) => new(Sample.Of(differences), seed);

    /// <summary>The p-value of equivalence within a margin: the larger of the two one-sided t-tests; null of a single pair.</summary>
    /// <param name="margin">The largest difference that would not matter, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="margin"/> is not a finite number above 0.</exception>
    public double? EquivalencePValue(double margin)
    {
        if (!(margin > 0 && double.IsFinite(margin)))
        {
            throw new ArgumentOutOfRangeException(nameof(margin), margin, "A margin is a finite number above 0.");
        }

        if (Differences.StandardError is not { } error)
        {
            return null;
        }

        var distance = margin - Math.Abs(Differences.Mean);
        return error > 0 ? StudentT.CDF(0, 1, DegreesOfFreedom, -distance / error) : distance > 0 ? 0 : 1;
    }
}
