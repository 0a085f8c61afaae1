using Dsd.Statistics;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Statistics;

public class PairedProportionsTests
{
    [Theory]
    [InlineData(36, 12, 2, 0, 0.0569, 0.3404)]
    [InlineData(18, 12, 2, 18, 0.0562, 0.3290)]
    [InlineData(53, 0, 0, 1, -0.0729, 0.0729)]
    [InlineData(0, 30, 0, 0, 0.8395, 1.0000)]
    public void Interval_OfNewcombesExamples_IsAsPrinted(int both, int firstOnly, int secondOnly, int neither, double low, double high)
    {
        // R. G. Newcombe, Statistics in Medicine 17, 1998, pages 2635–2650, method 10.
        var actual = new PairedProportions(both, firstOnly, secondOnly, neither).Interval();

        Assert.Equal(low, actual.Low, 5e-5);
        Assert.Equal(high, actual.High, 5e-5);
    }

    [Theory]
    [InlineData(1, 1, 7, 12, 0.070, -0.507, -0.026)]
    [InlineData(59, 6, 16, 80, 0.053, -0.119, -0.005)]
    public void McNemar_OfFagerlandsExamples_IsAsPrinted(int both, int firstOnly, int secondOnly, int neither, double p, double low, double high)
    {
        // Airway hyper-responsiveness and complete response, of Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables, 2017, chapter 8.
        var counts = new PairedProportions(both, firstOnly, secondOnly, neither);

        Assert.Equal(p, counts.McNemarPValue!.Value, 6e-4);
        Assert.Equal(low, counts.Interval().Low, 6e-4);
        Assert.Equal(high, counts.Interval().High, 6e-4);
    }

    [Theory]
    [InlineData(12, 0)]
    [InlineData(0, 12)]
    public void Interval_WhereBothArmsAreRightOnAllTwelve_IsAsWideAsWilsons(int both, int neither)
    {
        var counts = new PairedProportions(both, 0, 0, neither);

        // 1 − 12/(12 + z²) either way: 24 points, not ±0.
        var (low, high) = counts.Interval();
        Assert.Equal(0.2425, high, 5e-5);
        Assert.Equal(-high, low, 1e-12);
        Assert.Equal(0, counts.Difference);
        Assert.Null(counts.McNemarPValue);
    }

    [Property]
    public bool Interval_OfAnyCounts_HoldsTheDifferenceAndHasAWidth(byte both, byte firstOnly, byte secondOnly, byte neither)
    {
        var d = new PairedProportions(both + 1, firstOnly, secondOnly, neither);
        var (low, high) = d.Interval();
        return low >= -1 && high <= 1 && low < high && low <= d.Difference && d.Difference <= high && double.IsFinite(low) && double.IsFinite(high);
    }

    [Property]
    public bool Interval_OfArmsExchangedOrOutcomesTurned_IsMirrored(byte both, byte firstOnly, byte secondOnly, byte neither)
    {
        var d = new PairedProportions(both, firstOnly, secondOnly, neither + 1);
        return Mirrored(d, new(both, secondOnly, firstOnly, neither + 1)) && Mirrored(d, new(neither + 1, secondOnly, firstOnly, both));

        static bool Mirrored(PairedProportions a, PairedProportions b) =>
            Math.Abs(a.Interval().Low + b.Interval().High) < 1e-12 && Math.Abs(a.Interval().High + b.Interval().Low) < 1e-12 && a.McNemarPValue == b.McNemarPValue;
    }

    [Property]
    public bool McNemar_OfFewDiscordant_IsThatOfCountingAllSigns(byte firstOnly, byte secondOnly)
    {
        var (a, b) = (firstOnly % 9, secondOnly % 9);
        var p = new PairedProportions(5, a, b, 0).McNemarPValue;
        return a + b == 0 ? p is null : Math.Abs(p!.Value - SignFlipTest.Exact([.. Enumerable.Repeat(1.0, a), .. Enumerable.Repeat(-1.0, b)])) < 1e-12;
    }

    [Fact]
    public void New_WrongCounts_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PairedProportions(0, 0, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PairedProportions(1, -1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PairedProportions(int.MaxValue, 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PairedProportions(1, 0, 0, 0).Interval(0));
    }
}
