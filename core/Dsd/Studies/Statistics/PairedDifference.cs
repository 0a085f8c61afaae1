using System.Globalization;
using MathNet.Numerics;

namespace Dsd.Studies.Statistics;

/// <summary>What the differences of pairs, such as two arms' accuracies seed by seed, say about the true difference, and what they cannot say.</summary>
/// <remarks>
/// Differences that are all equal have no spread to judge by; they are taken at their word: t is infinite and p is 0, or 0 and 1
/// where all are zero, and intervals have no width. With few pairs of a coarse metric that is luck, not proof; the permutation
/// test shows it.
/// </remarks>
public sealed record PairedDifference
{
    private const double Level = 0.05;

    private PairedDifference(Sample differences, double confidence, long seed)
    {
        Differences = differences;
        Interval = differences.Interval(confidence);
        IsExact = differences.Count <= SignFlipTest.MostExact;
        PermutationPValue = IsExact ? SignFlipTest.Exact(differences.Values) : SignFlipTest.MonteCarlo(differences.Values, seed);
        if (differences.StandardDeviation is not { } sd)
        {
            return;
        }

        T = Ratio(differences.Mean, differences.StandardError!.Value);
        PValue = Math.Min(1, 2 * StudentTail.Above(Math.Abs(T.Value), DegreesOfFreedom));
        EffectSize = Ratio(differences.Mean, sd);
        HedgesG = DegreesOfFreedom > 1 ? EffectSize * Correction(DegreesOfFreedom) : null;
        var (low, high) = differences.Interval(1 - (2 * Level))!.Value;
        NoDifferenceLargerThan = Math.Max(Math.Abs(low), Math.Abs(high));
        SmallestDetectable = Power.SmallestDetectable(differences.Count, sd, Level);
    }

    /// <summary>The differences, in the order given.</summary>
    public Sample Differences { get; }

    /// <summary>The confidence interval of the true mean difference, from Student's t; null with fewer than two pairs.</summary>
    public (double Low, double High)? Interval { get; }

    /// <summary>The mean over its standard error; null with fewer than two pairs, infinite where all differences are equal and not zero.</summary>
    public double? T { get; }

    /// <summary>One less than the number of pairs.</summary>
    public int DegreesOfFreedom => Differences.Count - 1;

    /// <summary>The two-sided p-value of the paired t-test; null with fewer than two pairs.</summary>
    public double? PValue { get; }

    /// <summary>The two-sided p-value of the mean under random signs of the differences, which assumes no normal distribution.</summary>
    /// <remarks>
    /// Fisher's randomisation test (The Design of Experiments, 1935, § 21). Of n pairs it is at least 2/2ⁿ, so five pairs never get
    /// below 0.0625. Sums within a billionth of the sum of sizes count as equal.
    /// </remarks>
    public double PermutationPValue { get; }

    /// <summary>Whether <see cref="PermutationPValue"/> is from all 2ⁿ signs, as it is up to 20 pairs, and not from 100,000 random ones.</summary>
    public bool IsExact { get; }

    /// <summary>Cohen's d_z: the mean over the standard deviation of the differences; null with fewer than two pairs, infinite where all are equal and not zero.</summary>
    public double? EffectSize { get; }

    /// <summary><see cref="EffectSize"/> without its upward bias in small samples; null with fewer than three pairs.</summary>
    /// <remarks>By the exact factor Γ(df/2) / (√(df/2) Γ((df − 1)/2)) (L. V. Hedges, Journal of Educational Statistics 6, 1981), not by 1 − 3/(4df − 1), which approximates it.</remarks>
    public double? HedgesG { get; }

    /// <summary>Every margin above this one passes <see cref="IsEquivalentWithin"/>: the larger absolute end of the 90 % interval; null with fewer than two pairs.</summary>
    public double? NoDifferenceLargerThan { get; }

    /// <summary>The true difference that so many pairs with this standard deviation find with a probability of 80 %, two-sided at the 5 % level; null with fewer than two pairs.</summary>
    /// <remarks>It plans the next study. It does not judge this one: the standard deviation is an estimate too, a poor one of few pairs.</remarks>
    public double? SmallestDetectable { get; }

    /// <summary>Tests differences.</summary>
    /// <param name="differences">One a pair, all finite; at least one.</param>
    /// <param name="confidence">Of <see cref="Interval"/>, above 0 and below 1. Default 0.95.</param>
    /// <param name="seed">Of the random signs, which more than 20 pairs need. Default 0.</param>
    /// <exception cref="ArgumentException"><paramref name="differences"/> is empty or has a number that is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    public static PairedDifference Of(IEnumerable<double> differences, double confidence = 0.95, long seed = 0)
    {
        Check.Fraction(confidence, "A confidence");
        return new(Sample.Of(differences), confidence, seed);
    }

    /// <summary>The p-value of two one-sided t-tests that the true difference lies within a margin on either side of zero.</summary>
    /// <param name="margin">In the unit of the differences, above 0 and finite; to be chosen before the differences are seen.</param>
    /// <returns>The larger of the two; null with fewer than two pairs.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="margin"/> is not above 0 and finite.</exception>
    /// <remarks>D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.</remarks>
    public double? EquivalencePValue(double margin)
    {
        Check.Positive(margin, "A margin");
        var room = margin - Math.Abs(Differences.Mean);
        return Differences.StandardError switch
        {
            null => null,
            0 => room > 0 ? 0 : 1,
            { } error => StudentTail.Above(room / error, DegreesOfFreedom),
        };
    }

    /// <summary>Whether the true difference is shown, at the 5 % level, to lie within a margin on either side of zero.</summary>
    /// <param name="margin">In the unit of the differences, above 0 and finite; to be chosen before the differences are seen.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="margin"/> is not above 0 and finite.</exception>
    /// <returns>False with fewer than two pairs.</returns>
    public bool IsEquivalentWithin(double margin) => EquivalencePValue(margin) < Level;

    /// <summary>The differences and their test in a line; the same in every culture.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Differences}{(T is { } t ? string.Create(CultureInfo.InvariantCulture, $", t({DegreesOfFreedom}) = {t:G4}, p = {PValue:G3}") : "")}, permutation p = {PermutationPValue:G3}");

    private static double Ratio(double mean, double spread) => mean == 0 ? 0 : mean / spread;

    private static double Correction(double degreesOfFreedom) =>
        Math.Exp(SpecialFunctions.GammaLn(degreesOfFreedom / 2) - SpecialFunctions.GammaLn((degreesOfFreedom - 1) / 2)) / Math.Sqrt(degreesOfFreedom / 2);
}
