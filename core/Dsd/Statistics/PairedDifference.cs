using System.Globalization;
using MathNet.Numerics;

namespace Dsd.Statistics;

/// <summary>The statistics of paired differences, such as two arms' accuracies seed by seed.</summary>
/// <remarks>
/// Fewer than two differences, or differences that are equal up to rounding, have no spread, and so neither
/// test nor interval nor effect size. With few pairs of a coarse metric, equal differences are luck, not proof.
/// </remarks>
public sealed record PairedDifference
{
    private const double Level = 0.05;

    private PairedDifference(Sample differences, double confidence, long seed)
    {
        Differences = differences;
        IsExact = differences.Count <= SignFlipTest.MostExact;
        if (!differences.HasSpread)
        {
            return;
        }

        var sd = differences.StandardDeviation!.Value;
        Interval = differences.Interval(confidence);
        PermutationPValue = IsExact ? SignFlipTest.Exact(differences.Values) : SignFlipTest.MonteCarlo(differences.Values, seed);
        T = Finite(differences.Mean / differences.StandardError!.Value);
        PValue = T is { } t ? Math.Min(1, 2 * StudentTail.Above(Math.Abs(t), DegreesOfFreedom)) : null;
        EffectSize = Finite(differences.Mean / sd);
        HedgesG = DegreesOfFreedom > 1 ? EffectSize * Correction(DegreesOfFreedom) : null;
        NoDifferenceLargerThan = differences.Interval(1 - (2 * Level)) is var (low, high) ? Math.Max(Math.Abs(low), Math.Abs(high)) : null;
        SmallestDetectable = Finite(Power.SmallestDetectable(differences.Count, sd, Level));
    }

    /// <summary>The differences, in the order given.</summary>
    public Sample Differences { get; }

    /// <summary>The confidence interval of the true mean difference, from Student's t; null without a spread.</summary>
    public (double Low, double High)? Interval { get; }

    /// <summary>True if there is a spread: at least two differences that differ by more than rounding.</summary>
    public bool HasSpread => Differences.HasSpread;

    /// <summary>True if there is enough for a verdict at the 5 % level: a spread, and at least six pairs.</summary>
    /// <remarks>
    /// Of five pairs or fewer even the exact test of signs, 2/2ⁿ, stays above 0.05; a t-test below it then rests on the shape of the
    /// normal distribution alone, which so few differences cannot show.
    /// </remarks>
    public bool AllowsVerdict => HasSpread && Math.ScaleB(2, -Differences.Count) <= Level;

    /// <summary>The t statistic: the mean divided by its standard error; null without a spread.</summary>
    public double? T { get; }

    /// <summary>The degrees of freedom: one less than the number of pairs.</summary>
    public int DegreesOfFreedom => Differences.Count - 1;

    /// <summary>The two-sided p-value of the paired t-test; null without a spread.</summary>
    /// <remarks>Not a verdict unless <see cref="AllowsVerdict"/>.</remarks>
    public double? PValue { get; }

    /// <summary>The two-sided p-value of the mean under random signs of the differences, which assumes no normal distribution; null without a spread.</summary>
    /// <remarks>
    /// Fisher's randomisation test (The Design of Experiments, 1935, § 21). Of n pairs it is at least 2/2ⁿ, so five pairs never get
    /// below 0.0625. Sums within a billionth of the sum of sizes count as equal.
    /// </remarks>
    public double? PermutationPValue { get; }

    /// <summary>True if <see cref="PermutationPValue"/> is exact, from all 2ⁿ signs, as for up to 20 pairs; false if it is from 100,000 random ones.</summary>
    public bool IsExact { get; }

    /// <summary>Cohen's d_z: the mean over the standard deviation of the differences; null without a spread.</summary>
    public double? EffectSize { get; }

    /// <summary><see cref="EffectSize"/> without its upward bias in small samples; null without a spread and with fewer than three pairs.</summary>
    /// <remarks>By the exact factor Γ(df/2) / (√(df/2) Γ((df − 1)/2)) (L. V. Hedges, Journal of Educational Statistics 6, 1981), not by 1 − 3/(4df − 1), which approximates it.</remarks>
    public double? HedgesG { get; }

    /// <summary>The smallest margin of equivalence, above which <see cref="IsEquivalentWithin"/> holds: the larger absolute end of the 90 % interval; null without a spread.</summary>
    public double? NoDifferenceLargerThan { get; }

    /// <summary>The true difference that this number of pairs with this standard deviation detects with 80 % power, two-sided at the 5 % level; null without a spread.</summary>
    /// <remarks>For planning the next study, not for judging this one: the standard deviation is an estimate too, a poor one of few pairs.</remarks>
    public double? SmallestDetectable { get; }

    /// <summary>Tests the differences of pairs of values.</summary>
    /// <param name="pairs">The pairs of values, the second to be subtracted from the first, all finite; at least one pair. Differences within a billionth of the largest value's size are equal.</param>
    /// <param name="confidence">The confidence level of <see cref="Interval"/>, above 0 and below 1. Default 0.95.</param>
    /// <param name="seed">The seed of the random signs, used for more than 20 pairs. Default 0.</param>
    /// <exception cref="ArgumentException"><paramref name="pairs"/> is empty, or has a number or a difference that is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    public static PairedDifference Between(IEnumerable<(double First, double Second)> pairs, double confidence = 0.95, long seed = 0)
    {
        Check.Fraction(confidence, "A confidence");
        ArgumentNullException.ThrowIfNull(pairs);
        var values = pairs.ToList();
        var magnitude = values.Select(p => Math.Max(Math.Abs(p.First), Math.Abs(p.Second))).DefaultIfEmpty(0).Max();
        return new(Sample.Of(values.Select(p => p.First - p.Second), magnitude), confidence, seed);
    }

    /// <summary>Tests differences. If the values are available, use <see cref="Between"/>, which knows the size of rounding errors.</summary>
    /// <param name="differences">The difference of each pair, all finite; at least one. Those within a billionth of the largest one's size are equal.</param>
    /// <param name="confidence">The confidence level of <see cref="Interval"/>, above 0 and below 1. Default 0.95.</param>
    /// <param name="seed">The seed of the random signs, used for more than 20 pairs. Default 0.</param>
    /// <exception cref="ArgumentException"><paramref name="differences"/> is empty or has a number that is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    public static PairedDifference Of(IEnumerable<double> differences, double confidence = 0.95, long seed = 0)
    {
        Check.Fraction(confidence, "A confidence");
        return new(Sample.Of(differences), confidence, seed);
    }

    /// <summary>Computes the p-value of two one-sided t-tests that the true difference lies within a margin on either side of zero.</summary>
    /// <param name="margin">The margin in the unit of the differences, above 0 and finite; choose it before seeing the differences.</param>
    /// <returns>The larger of the two; null without a spread.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="margin"/> is not above 0 and finite.</exception>
    /// <remarks>D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.</remarks>
    public double? EquivalencePValue(double margin)
    {
        Check.Positive(margin, "A margin");
        return HasSpread ? StudentTail.Above((margin - Math.Abs(Differences.Mean)) / Differences.StandardError!.Value, DegreesOfFreedom) : null;
    }

    /// <summary>Tests, at the 5 % level, whether the true difference lies within a margin on either side of zero.</summary>
    /// <param name="margin">The margin in the unit of the differences, above 0 and finite; choose it before seeing the differences.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="margin"/> is not above 0 and finite.</exception>
    /// <returns>True if equivalence is shown; false without a spread.</returns>
    public bool IsEquivalentWithin(double margin) => EquivalencePValue(margin) < Level;

    /// <summary>Formats the differences and their test in one line, independent of culture.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Differences}{(T is { } t ? string.Create(CultureInfo.InvariantCulture, $", t({DegreesOfFreedom}) = {t:G4}, p = {PValue:G3}, permutation p = {PermutationPValue:G3}") : "")}");

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static double Correction(double degreesOfFreedom) =>
        Math.Exp(SpecialFunctions.GammaLn(degreesOfFreedom / 2) - SpecialFunctions.GammaLn((degreesOfFreedom - 1) / 2)) / Math.Sqrt(degreesOfFreedom / 2);
}
