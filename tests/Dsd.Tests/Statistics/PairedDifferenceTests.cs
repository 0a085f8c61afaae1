using Dsd.Statistics;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Statistics;

public class PairedDifferenceTests
{
    // Hours of sleep gained by the first drug less those by the second (Student, Biometrika 6, 1908), R's data set "sleep".
    private static readonly double[] s_sleep = [-1.2, -2.4, -1.3, -1.3, 0, -1, -1.8, -0.8, -4.6, -1.4];

    // Darwin's crossed less self-fertilised maize, eighths of an inch (Fisher, The Design of Experiments, 1935, §§ 17 and 21).
    private static readonly double[] s_maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];

    [Fact]
    public void Of_StudentsSleep_IsAsRPrintsIt()
    {
        var sleep = PairedDifference.Of(s_sleep);

        Assert.Equal(-4.0621, sleep.T!.Value, 5e-5);
        Assert.Equal(9, sleep.DegreesOfFreedom);
        Assert.Equal(0.002833, sleep.PValue!.Value, 5e-7);
        Assert.Equal(-1.58, sleep.Differences.Mean, 1e-12);
        Assert.Equal(-2.4598858, sleep.Interval!.Value.Low, 5e-8);
        Assert.Equal(-0.7001142, sleep.Interval!.Value.High, 5e-8);
    }

    [Fact]
    public void Of_DarwinsMaize_IsAsFisherPrintsIt()
    {
        var maize = PairedDifference.Of(s_maize);

        Assert.Equal(2.148, maize.T!.Value, 5e-4);
        Assert.Equal(0.0497, maize.PValue!.Value, 5e-5);
        Assert.True(maize.IsExact);

        // Of 32,768 sums 863 are as large as the one observed, and as many as small.
        Assert.Equal(2 * 863 / 32768.0, maize.PermutationPValue);
    }

    [Fact]
    public void PermutationPValue_OfTenths_CountsTies()
    {
        // 0.1 + 0.2 is not 0.3 in binary, yet the sum counts as 0, which each of the eight reaches.
        Assert.Equal(1, PairedDifference.Of([0.1, 0.2, -0.3]).PermutationPValue);

        // The differences of accuracies are 1, 2, 3, 4 and −6 parts of ten thousand, but for their last digits.
        Assert.Equal(
            PairedDifference.Of([1, 2, 3, 4, -6]).PermutationPValue,
            PairedDifference.Of([0.9313 - 0.9312, 0.9314 - 0.9312, 0.9315 - 0.9312, 0.9316 - 0.9312, 0.9312 - 0.9318]).PermutationPValue);
    }

    [Fact]
    public void Of_OnePair_HasNoTest()
    {
        var one = PairedDifference.Of([0.5]);

        Assert.Equal(0, one.DegreesOfFreedom);
        AssertSilent(0.5, one);
        Assert.False(one.IsEquivalentWithin(1e9));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(-0.1)]
    [InlineData(1e300)]
    public void Of_AllEqual_SaysNothing(double value) => AssertSilent(value, PairedDifference.Of(Enumerable.Repeat(value, 7)));

    [Fact]
    public void Between_EqualButForRounding_SaysNothing()
    {
        // Two of twelve less seven of twelve, and seven less twelve: five less, twice. As decimals: 0.1667 − 0.5833 and 0.5833 − 1.
        Assert.NotEqual((2 / 12.0) - (7 / 12.0), (7 / 12.0) - 1);
        AssertSilent(-5 / 12.0, PairedDifference.Between([(2 / 12.0, 7 / 12.0), (7 / 12.0, 1)]));
        AssertSilent(-5 / 12.0, PairedDifference.Of([(2 / 12.0) - (7 / 12.0), (7 / 12.0) - 1]));

        // A difference of values near a million has lost six digits; of itself it would be seen to have a spread.
        (double, double)[] far = [(1e6 + 1e-4, 1e6), (1e6 + 1e-4 + 2e-10, 1e6), (2e6 + 1e-4, 2e6)];
        AssertSilent(1e-4, PairedDifference.Between(far));
        Assert.True(PairedDifference.Of(far.Select(p => p.Item1 - p.Item2)).HasSpread);
    }

    [Property]
    public bool Between_TheSameNumberOfExamplesMore_SaysNothing(PositiveInt examples, NonEmptyArray<ushort> right, byte more)
    {
        double n = examples.Get + 256;
        var pairs = right.Get.Select(r => ((r % (n - more)) + more, r % (n - more))).ToList();
        var d = PairedDifference.Between(pairs.Select(p => (p.Item1 / n, p.Item2 / n)));
        return !d.HasSpread && d.PValue is null && d.Interval is null;
    }

    [Property]
    public bool Between_OneExampleOfAHundredMillionMore_HasASpread(ushort right, byte more)
    {
        const double N = 1e8;
        return PairedDifference.Between([(1 - ((right + more) / N), 1), (1 - ((right + more + 1) / N), 1)]).HasSpread;
    }

    [Fact]
    public void Between_Pairs_IsOfTheirDifferences() =>
        Assert.Equal(PairedDifference.Of(s_sleep), PairedDifference.Between([.. s_sleep.Select(d => (d, 0.0))]));

    [Fact]
    public void Between_WhatIsBeyondAllNumbers_SaysNothingOfIt()
    {
        var wild = PairedDifference.Between([(1.7e308, 0), (-1.7e308, 0), (1.7e308, 0)]);

        Assert.All(new[] { wild.T, wild.PValue, wild.EffectSize, wild.HedgesG, wild.NoDifferenceLargerThan, wild.SmallestDetectable, wild.Interval?.Low, wild.Interval?.High }, n => Assert.True(n is null || double.IsFinite(n.Value)));
        Assert.Throws<ArgumentException>(() => PairedDifference.Between([(1.7e308, -1.7e308)]));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(16, true)]
    public void AllowsVerdict_WhereTheTestOfSignsCanReach5Percent_IsTrue(int pairs, bool expected)
    {
        var d = PairedDifference.Of(Enumerable.Range(0, pairs).Select(i => 1 + (i * 0.001)));

        Assert.True(d.PValue < 0.05);
        Assert.Equal(expected, d.PermutationPValue < 0.05);
        Assert.Equal(expected, d.AllowsVerdict);
        Assert.NotNull(d.Interval);
        Assert.False(PairedDifference.Of(Enumerable.Repeat(0.1, pairs)).AllowsVerdict);
    }

    [Property]
    public bool Of_OppositeSigns_MirrorsEverything(int[] values)
    {
        var (a, b) = (PairedDifference.Of([1, 2, .. values.Take(8)]), PairedDifference.Of(new[] { 1.0, 2 }.Concat(values.Take(8).Select(v => (double)v)).Select(v => -v)));
        return a.T == -b.T && a.PValue == b.PValue && a.EffectSize == -b.EffectSize && a.PermutationPValue == b.PermutationPValue
            && a.NoDifferenceLargerThan == b.NoDifferenceLargerThan && a.Interval == (-b.Interval!.Value.High, -b.Interval.Value.Low);
    }

    [Property]
    public bool Of_OtherUnits_HasTheSameTests(int[] values, PositiveInt unit)
    {
        double[] plain = [1, 2, 4, .. values.Take(8)];
        var scale = unit.Get / 1000.0;
        var (a, b) = (PairedDifference.Of(plain), PairedDifference.Of(plain.Select(v => v * scale)));
        return Near(a.PValue, b.PValue) && Near(a.EffectSize, b.EffectSize) && Near(a.HedgesG, b.HedgesG) && a.PermutationPValue == b.PermutationPValue
            && Near(a.Interval!.Value.High * scale, b.Interval!.Value.High) && Near(a.SmallestDetectable * scale, b.SmallestDetectable)
            && Near(a.EquivalencePValue(1), b.EquivalencePValue(scale));
    }

    [Property]
    public bool Of_Shifted_MovesMeanAndIntervalOnly(short[] values, short shift)
    {
        double[] plain = [1, 2, .. values.Take(8)];
        var (a, b) = (PairedDifference.Of(plain), PairedDifference.Of(plain.Select(v => v + shift)));
        return Near(a.Differences.Mean + shift, b.Differences.Mean) && Near(a.Differences.StandardDeviation, b.Differences.StandardDeviation)
            && Near(a.Interval!.Value.Low + shift, b.Interval!.Value.Low) && Near(a.SmallestDetectable, b.SmallestDetectable);
    }

    [Property]
    public bool PermutationPValue_UpToTwentyPairs_IsAWholeNumberOfPatterns(NonEmptyArray<short> values)
    {
        var d = PairedDifference.Of(values.Get.Take(12).Select(v => v / 7.0));
        if (!d.HasSpread)
        {
            return d.PermutationPValue is null;
        }

        var patterns = d.PermutationPValue!.Value * Math.Pow(2, d.Differences.Count);
        return d.IsExact && patterns == Math.Round(patterns) && patterns % 2 == 0 && patterns >= 2 && d.PermutationPValue <= 1;
    }

    [Property]
    public bool PermutationPValue_UpToTwentyPairs_IsThatOfCountingWholeNumbers(NonEmptyArray<sbyte> values)
    {
        var whole = values.Get.Take(12).Select(v => (int)v).ToArray();
        var sums = whole.Aggregate(new[] { 0 }.AsEnumerable(), (all, v) => all.SelectMany(s => new[] { s + v, s - v })).ToList();
        return SignFlipTest.Exact([.. whole.Select(v => v / 10000.0)]) == sums.Count(s => Math.Abs(s) >= Math.Abs(whole.Sum())) / (double)sums.Count;
    }

    [Fact]
    public void PermutationPValue_DrawnAtRandom_IsCloseToExact() => Assert.All(new[] { s_sleep, s_maize, [3.0, -2, 1, 0.5] }, differences =>
    {
        var exact = SignFlipTest.Exact(differences);
        Assert.All(new long[] { 0, 1, -7 }, seed => Assert.Equal(exact, SignFlipTest.MonteCarlo(differences, seed), 5 * Math.Sqrt(exact / SignFlipTest.Draws)));
    });

    [Fact]
    public void PermutationPValue_OfMoreThanTwenty_IsOfTheSeedAndNeverZero()
    {
        var mixed = Enumerable.Range(0, 70).Select(i => (i % 9) - 3.5).ToArray();
        PairedDifference Seeded(long seed) => PairedDifference.Of(mixed, seed: seed);

        Assert.False(Seeded(1).IsExact);
        Assert.Equal(Seeded(1), Seeded(1));
        Assert.NotEqual(Seeded(1).PermutationPValue, Seeded(2).PermutationPValue);
        Assert.Equal(1 / 100_001.0, PairedDifference.Of(Enumerable.Range(1, 70).Select(i => (double)i)).PermutationPValue);
        Assert.True(PairedDifference.Of(Enumerable.Range(1, 20).Select(i => (double)i)).IsExact);
        Assert.False(PairedDifference.Of(Enumerable.Range(1, 21).Select(i => (double)i)).IsExact);
    }

    [Property]
    public bool Interval_HasZeroWithin_WhereTheTestShowsNothing(short[] values, byte level)
    {
        var alpha = (1 + level) / 258.0;
        var d = PairedDifference.Of([1, 2, .. values.Select(v => (double)v)], 1 - alpha);
        var (low, high) = d.Interval!.Value;
        return Math.Abs(d.PValue!.Value - alpha) < 1e-9 || (low <= 0 && 0 <= high) == (d.PValue > alpha);
    }

    [Property]
    public bool NoDifferenceLargerThan_IsWhereEquivalenceBegins(short[] values)
    {
        var d = PairedDifference.Of([1, 2, .. values.Select(v => (double)v)]);
        var margin = d.NoDifferenceLargerThan!.Value;
        return Near(d.EquivalencePValue(margin), 0.05) && d.IsEquivalentWithin(margin * 1.000001) && !d.IsEquivalentWithin(margin * 0.999999)
            && d.EquivalencePValue(margin * 2) < d.EquivalencePValue(margin);
    }

    [Fact]
    public void HedgesG_OfThreePairs_IsByTheExactFactor() =>
        // Γ(1) / (√1 · Γ(1/2)) = 1/√π = 0.5642, where the approximation has 4/7 = 0.5714.
        Assert.Equal(2 / Math.Sqrt(Math.PI), PairedDifference.Of([1, 2, 3]).HedgesG!.Value, 1e-12);

    [Fact]
    public void PValue_FarOut_KeepsItsDigits() =>
        // Two degrees of freedom: p = 1 − t/√(t² + 2), about 1/t², which 1 − CDF would give as 0.
        Assert.Equal(1, PairedDifference.Of([1e9 - 1, 1e9, 1e9 + 1]) is var d ? d.PValue!.Value * d.T!.Value * d.T.Value : 0, 1e-9);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void EquivalencePValue_MarginOutOfRange_IsRefused(double margin)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedDifference.Of([1, 2]).EquivalencePValue(margin));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedDifference.Of([1]).IsEquivalentWithin(margin));
    }

    [Fact]
    public void Of_WrongNumbers_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PairedDifference.Of([]));
        Assert.Throws<ArgumentException>(() => PairedDifference.Of([1, double.NaN]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedDifference.Of([1, 2], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedDifference.Of([1], double.NaN));
    }

    [Theory]
    [InlineData("en-GB")]
    [InlineData(Cultures.Comma)]
    public void ToString_InAnyCulture_IsOneLine(string culture)
    {
        Assert.Equal(
            "n = 10, mean -1.58, standard deviation 1.23, t(9) = -4.062, p = 0.00283, permutation p = 0.00391",
            Cultures.In(culture, () => PairedDifference.Of(s_sleep).ToString()));
        Assert.Equal("n = 1, mean 0.5", Cultures.In(culture, () => PairedDifference.Of([0.5]).ToString()));
    }

    private static void AssertSilent(double mean, PairedDifference d)
    {
        Assert.Equal(mean, d.Differences.Mean, Math.Abs(mean) * 1e-5);
        Assert.False(d.HasSpread);
        Assert.False(d.AllowsVerdict);
        Assert.Null(d.Interval);
        Assert.Null(d.T);
        Assert.Null(d.PValue);
        Assert.Null(d.PermutationPValue);
        Assert.Null(d.EffectSize);
        Assert.Null(d.HedgesG);
        Assert.Null(d.NoDifferenceLargerThan);
        Assert.Null(d.SmallestDetectable);
        Assert.Null(d.EquivalencePValue(1));
        Assert.False(d.IsEquivalentWithin(1));
    }

    private static bool Near(double? a, double? b) => Math.Abs(a!.Value - b!.Value) <= 1e-9 * Math.Max(1, Math.Max(Math.Abs(a.Value), Math.Abs(b.Value)));
}
