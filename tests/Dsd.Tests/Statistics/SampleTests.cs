using Dsd.Statistics;
using FsCheck.Xunit;

namespace Dsd.Tests.Statistics;

public class SampleTests
{
    [Fact]
    public void Of_KnownNumbers_HasTheirMeanAndDeviation()
    {
        var sample = Sample.Of([2, 4, 4, 4, 5, 5, 7, 9]);

        Assert.Equal((8, 5.0), (sample.Count, sample.Mean));
        Assert.Equal(Math.Sqrt(32.0 / 7), sample.StandardDeviation!.Value, 1e-14);
        Assert.Equal(Math.Sqrt(32.0 / 56), sample.StandardError!.Value, 1e-14);
    }

    [Fact]
    public void Interval_OfTheNumericTable_IsStudents()
    {
        // t(0.975; 4) = 2.776445, as in every table.
        var (low, high) = Sample.Of([1, 2, 3, 4, 5]).Interval()!.Value;

        Assert.Equal(3 - (2.7764451 * Math.Sqrt(0.5)), low, 1e-6);
        Assert.Equal(3 + (2.7764451 * Math.Sqrt(0.5)), high, 1e-6);
    }

    [Fact]
    public void Interval_OfTwoAtAHighConfidence_IsThatOfCauchysDistribution()
    {
        // With one degree of freedom the quantile is tan(π·confidence/2): 636,619.77 here.
        var (low, high) = Sample.Of([-1, 1]).Interval(0.999999)!.Value;

        Assert.Equal(Math.Tan(Math.PI / 2 * 0.999999), high, high * 1e-9);
        Assert.Equal(-high, low);
    }

    [Fact]
    public void Of_OneNumber_HasNoDeviationAndNoInterval()
    {
        var sample = Sample.Of([3.5]);

        Assert.Equal(3.5, sample.Mean);
        Assert.Null(sample.StandardDeviation);
        Assert.Null(sample.StandardError);
        Assert.Null(sample.Interval());
    }

    [Fact]
    public void Of_EqualNumbers_HasExactlyNoSpread()
    {
        // Summed up and divided, the mean of seven times 0.1 is not 0.1.
        var sample = Sample.Of(Enumerable.Repeat(0.1, 7));

        Assert.Equal((0.1, 0.0), (sample.Mean, sample.StandardDeviation));
        Assert.False(sample.HasSpread);
        Assert.Null(sample.Interval());
    }

    [Fact]
    public void Of_NumbersEqualButForRounding_HasNoSpread()
    {
        Assert.NotEqual(0.3, 0.1 + 0.2);
        Assert.Equal(0, Sample.Of([0.3, 0.1 + 0.2]).StandardDeviation);
        Assert.Equal(0, Sample.Of([0, 0, 0]).StandardDeviation);
        Assert.True(Sample.Of([1, 1 + 1e-8]).HasSpread);
    }

    [Fact]
    public void StandardDeviation_BeyondAllNumbers_IsNone() => Assert.Null(Sample.Of([1.7e308, -1.7e308]).StandardDeviation);

    [Theory]
    [InlineData(1e200)]
    [InlineData(1e-200)]
    [InlineData(-1e300)]
    [InlineData(5e-310)]
    public void StandardDeviation_OfHugeAndTinyNumbers_NeitherOverflowsNorVanishes(double unit) =>
        Assert.Equal(Math.Sqrt(2.5), Sample.Of(new[] { 1.0, 2, 3, 4, 5 }.Select(v => v * unit)).StandardDeviation!.Value / Math.Abs(unit), 1e-12);

    [Fact]
    public void StandardDeviation_FarFromZero_KeepsItsDigits() =>
        Assert.Equal(Math.Sqrt(2.5), Sample.Of([1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4, 1e9 + 5]).StandardDeviation!.Value, 1e-12);

    [Property]
    public bool Interval_OfMoreConfidence_HoldsThatOfLess(int[] values, byte a, byte b)
    {
        var (less, more) = ((1 + Math.Min(a, b)) / 258.0, (2 + Math.Max(a, b)) / 258.0);
        var sample = Sample.Of([0, 1, .. values]);
        var (inner, outer) = (sample.Interval(less)!.Value, sample.Interval(more)!.Value);
        return outer.Low < inner.Low && inner.High < outer.High && inner.Low <= sample.Mean && sample.Mean <= inner.High;
    }

    [Fact]
    public void Equals_SameNumbers_IsTrue()
    {
        Assert.Equal(Sample.Of([1, 2]), Sample.Of([1, 2]));
        Assert.NotEqual(Sample.Of([1, 2]), Sample.Of([2, 1]));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Of_NotFinite_IsRefusedWithItsPlace(double value)
    {
        var e = Assert.Throws<ArgumentException>(() => Sample.Of([1, value]));

        Assert.StartsWith("The values of a sample must be finite; number 2 of 2 is ", e.Message);
    }

    [Fact]
    public void Of_None_IsRefused() => Assert.Throws<ArgumentException>(() => Sample.Of([]));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(95)]
    [InlineData(double.NaN)]
    public void Interval_ConfidenceOutOfRange_IsRefused(double confidence) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sample.Of([1]).Interval(confidence));

    [Theory]
    [InlineData("en-GB")]
    [InlineData(Cultures.Comma)]
    public void ToString_InAnyCulture_IsTheSame(string culture)
    {
        Assert.Equal("n = 3, mean 0.5, standard deviation 0.25", Cultures.In(culture, () => Sample.Of([0.25, 0.5, 0.75]).ToString()));
        Assert.Equal("n = 1, mean 0.5", Cultures.In(culture, () => Sample.Of([0.5]).ToString()));
    }
}
