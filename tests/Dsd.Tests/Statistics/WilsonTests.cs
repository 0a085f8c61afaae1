using Dsd.Statistics;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Statistics;

public class WilsonTests
{
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Interval_OfNewcombesExamples_IsAsPrinted(int successes, int trials, double low, double high)
    {
        // R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 1998, table I, method 3.
        var actual = Wilson.Interval(successes, trials);

        Assert.Equal(low, actual.Low, 5e-5);
        Assert.Equal(high, actual.High, 5e-5);
    }

    [Property]
    public bool Interval_OfAnyProportion_HoldsItAndHasAWidth(ushort a, ushort b, byte level)
    {
        var (successes, trials) = ((int)Math.Min(a, b), Math.Max(1, (int)Math.Max(a, b)));
        var (low, high) = Wilson.Interval(successes, trials, (1 + level) / 258.0);
        var (lowOfFailures, highOfFailures) = Wilson.Interval(trials - successes, trials, (1 + level) / 258.0);
        var p = (double)successes / trials;
        return low >= 0 && high <= 1 && low < high && low <= p && p <= high && Math.Abs(low - (1 - highOfFailures)) < 1e-12 && Math.Abs(high - (1 - lowOfFailures)) < 1e-12;
    }

    [Fact]
    public void Interval_WhereAllSucceed_EndsAtOne()
    {
        // The lower end is n/(n + z²).
        var (low, high) = Wilson.Interval(12, 12);

        Assert.Equal(12 / (12 + (1.959963984540054 * 1.959963984540054)), low, 1e-12);
        Assert.Equal(1, high);
        Assert.Equal(0, Wilson.Interval(0, 12).Low);
    }

    [Fact]
    public void Interval_WrongNumbers_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Interval(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Interval(-1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Interval(4, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Interval(1, 3, 1));
    }
}
