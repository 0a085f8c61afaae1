using Dsd.Schedules;
using Dsd.Testing;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public class SparsityTests
{
    [Theory]
    [InlineData(0.3, 10, 7)]
    [InlineData(0.5, 10, 5)]
    [InlineData(0, 10, 10)]
    [InlineData(0.29, 100, 71)] // int(100 · 0.29) is 28 in binary
    [InlineData(0.57, 100, 43)]
    [InlineData(0.07, 100, 93)]
    [InlineData(1.0 / 3, 3, 2)]
    [InlineData(2.0 / 3, 3, 1)]
    public void Kept_RoundProducts_AreExact(double sparsity, long count, long kept) => Assert.Equal(kept, new Sparsity(sparsity).Kept(count));

    [Theory]
    [InlineData(0.25, 10, 8)] // 2.5 pruned → 2
    [InlineData(0.35, 10, 6)] // 3.5 → 4
    [InlineData(0.45, 10, 6)] // 4.5 → 4, though 0.45 in binary lies above
    [InlineData(0.15, 10, 8)] // 1.5 → 2, though 0.15 in binary lies below
    [InlineData(0.575, 100, 42)] // 57.5 → 58, though the product in binary is 57.49999999999999
    [InlineData(0.5, 1, 1)] // 0.5 → 0
    [InlineData(0.5, 3, 1)] // 1.5 → 2
    [InlineData(0.5, 5, 3)] // 2.5 → 2
    public void Kept_Ties_PruneAnEvenNumber(double sparsity, long count, long kept) => Assert.Equal(kept, new Sparsity(sparsity).Kept(count));

    [Theory]
    [InlineData(0.9, 10)]
    [InlineData(0.99, 10)]
    [InlineData(0.6, 1)]
    [InlineData(0.999999, 1)]
    [InlineData(0.9999999999999999, 1000)]
    public void Kept_OfANonEmptyTensor_IsNeverNone(double sparsity, long count) => Assert.Equal(1, new Sparsity(sparsity).Kept(count));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void Kept_OfAnEmptyTensor_IsNone(double sparsity) => Assert.Equal(0, new Sparsity(sparsity).Kept(0));

    [Theory]
    [InlineData(0.9, 1_000_000_000_000_000, 100_000_000_000_000)]
    [InlineData(0.3, 102_764_544, 71_935_181)] // 30,829,363.2 pruned
    [InlineData(0.7, 1_000_000_000_000_000_003, 300_000_000_000_000_001)] // beyond the whole numbers of a double
    [InlineData(0.5, long.MaxValue, 4_611_686_018_427_387_903)] // halves to even: …904 pruned
    [InlineData(0.0, long.MaxValue, long.MaxValue)]
    public void Kept_HugeTensors_StayExact(double sparsity, long count, long kept) => Assert.Equal(kept, new Sparsity(sparsity).Kept(count));

    [Fact]
    public void Kept_NegativeCount_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Sparsity.Dense.Kept(-1));

    [Property]
    public bool Kept_AnyCount_IsWithinHalfAWeightOfTheFraction(Sparsity sparsity, NonNegativeInt count)
    {
        var kept = sparsity.Kept(count.Get);
        var pruned = (decimal)sparsity.Value * count.Get;
        return kept >= Math.Min(1, count.Get) && kept <= count.Get && (Math.Abs(count.Get - kept - pruned) <= 0.5m || kept == 1);
    }

    [Property]
    public bool Kept_MoreSparse_KeepsNoMore(Sparsity a, Sparsity b, NonNegativeInt count) =>
        a <= b ? a.Kept(count.Get) >= b.Kept(count.Get) : a.Kept(count.Get) <= b.Kept(count.Get);

    [Property]
    public bool Kept_OneWeightMore_KeepsTheSameOrOneMore(Sparsity sparsity, NonNegativeInt count) =>
        sparsity.Kept(count.Get + 1L) - sparsity.Kept(count.Get) is 0 or 1;

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(-1e-300)]
    [InlineData(30.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void New_OutOfRange_IsRefused(double value)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Sparsity(value));
        Assert.StartsWith("A sparsity is a fraction, at least 0 and below 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, "for 30 percent write 0.3")]
    [InlineData(1.1, "for 1.1 percent write 0.011")]
    [InlineData(99.9, "for 99.9 percent write 0.999")]
    public void New_APercentage_SaysTheFraction(double value, string hint) =>
        Assert.Contains(hint, Assert.Throws<ArgumentOutOfRangeException>(() => new Sparsity(value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1.0)]
    [InlineData(100.0)]
    [InlineData(101.0)]
    public void New_NoPercentageThatHelps_SuggestsNone(double value) =>
        Assert.DoesNotContain("percent", Assert.Throws<ArgumentOutOfRangeException>(() => new Sparsity(value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0.3", 0.3)]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData(".5", 0.5)]
    [InlineData("1e-3", 0.001)]
    public void Parse_AFraction_IsReadInAnyCulture(string text, double value)
    {
        Assert.Equal(value, Sparsity.Parse(text).Value);
        Assert.Equal(value, Cultures.In(Cultures.Comma, () => Sparsity.Parse(text)).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("0,3")]
    [InlineData("30%")]
    [InlineData("1")]
    [InlineData("-0.1")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public void Parse_AnythingElse_IsRefusedByName(string text)
    {
        foreach (var culture in new[] { "", Cultures.Comma })
        {
            var error = Cultures.In(culture, () => Assert.Throws<FormatException>(() => Sparsity.Parse(text)));
            Assert.StartsWith($"'{text}' is not a sparsity", error.Message, StringComparison.Ordinal);
        }
    }

    [Property]
    public bool ToString_InAnyCulture_IsReadBack(Sparsity sparsity) =>
        Sparsity.Parse(Cultures.In(Cultures.Comma, sparsity.ToString)) == sparsity;

    [Fact]
    public void ToString_MinusZero_IsZero() => Assert.Equal("0", new Sparsity(-0.0).ToString());

    [Fact]
    public void Default_IsDense()
    {
        Assert.True(default(Sparsity).IsDense);
        Assert.Equal(Sparsity.Dense, new Sparsity(0));
        Assert.False(new Sparsity(1e-9).IsDense);
    }
}
