using Dsd.Statistics;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Statistics;

public class PowerTests
{
    [Theory]
    [InlineData(0.2, 0.8, 199)]
    [InlineData(0.5, 0.8, 34)]
    [InlineData(0.8, 0.8, 15)]
    [InlineData(0.5, 0.95, 54)]
    public void PairsFor_CohensEffects_IsGPowers(double effect, double power, int expected) => Assert.Equal(expected, Power.PairsFor(effect, 1, power: power));

    [Fact]
    public void PowerOf_ThirtyFourPairs_IsGPowers() => Assert.Equal(0.8077775, Power.PowerOf(34, 0.5, 1), 1e-7);

    [Property(MaxTest = 30)]
    public bool PairsFor_AnyEffect_AreJustEnough(byte size, bool negative)
    {
        var effect = (0.1 + (size / 100.0)) * (negative ? -1 : 1);
        var pairs = Power.PairsFor(effect, 0.7);
        return Power.PowerOf(pairs, effect, 0.7) >= 0.8 && (pairs == 2 || Power.PowerOf(pairs - 1, effect, 0.7) < 0.8);
    }

    [Property(MaxTest = 50)]
    public bool PowerOf_SmallestDetectable_IsThePowerAskedFor(byte more, byte level, byte chance)
    {
        var (pairs, alpha) = (2 + more, (1 + level) / 300.0);
        var power = alpha + ((1 - alpha) * (1 + chance) / 258.0);
        return Math.Abs(Power.PowerOf(pairs, Power.SmallestDetectable(pairs, 2.5, alpha, power), 2.5, alpha) - power) < 1e-9;
    }

    [Property(MaxTest = 50)]
    public bool PowerOf_NoEffect_IsTheLevel(PositiveInt more, byte level) =>
        Math.Abs(Power.PowerOf(1 + more.Get, 0, 1, (1 + level) / 300.0) - ((1 + level) / 300.0)) < 1e-10;

    [Property(MaxTest = 50)]
    public bool PowerOf_MorePairsOrEffect_IsMore(byte more, byte size)
    {
        var (pairs, effect) = (2 + more, size / 500.0);
        var power = Power.PowerOf(pairs, effect, 1);
        return power <= Power.PowerOf(pairs + 1, effect, 1) + 1e-12 && power < Power.PowerOf(pairs, effect + 0.01, 1) && power == Power.PowerOf(pairs, -effect, 1);
    }

    [Fact]
    public void PowerOf_AHugeEffect_IsOne()
    {
        Assert.Equal(1, Power.PowerOf(2, 1e12, 1), 1e-12);
        Assert.Equal(1, Power.PowerOf(1000, 1e12, 1), 1e-12);
        Assert.Equal(2, Power.PairsFor(1e12, 1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    [InlineData(1_000_000)]
    public void PowerOf_ExtremeNumbers_AgreesWithTheCentralCase(int pairs) =>
        Assert.All(new[] { 1e-9, 1e-4, 0.5, 0.999 }, alpha => Assert.Equal(1, Power.PowerOf(pairs, 0, 1, alpha) / alpha, 1e-6));

    [Fact]
    public void PowerOf_AMillionPairs_IsThatOfTheNormalDistribution() =>
        Assert.Equal(MathNet.Numerics.Distributions.Normal.CDF(0, 1, 2.8 - 1.9599639845), Power.PowerOf(1_000_000, 0.0028, 1), 2e-6);

    [Fact]
    public void SmallestDetectable_NoSpread_IsZero() => Assert.Equal(0, Power.SmallestDetectable(5, 0));

    [Fact]
    public void PairsFor_OutOfReach_IsRefused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Power.PairsFor(1e-6, 1));

        Assert.StartsWith("A difference of 1E-06 with a standard deviation of 1 needs more than 10000000 pairs, which is the limit.", e.Message);
    }

    [Fact]
    public void Power_NumbersOutOfRange_AreRefused() => Assert.All(
        new Action[]
        {
            () => Power.SmallestDetectable(1, 1),
            () => Power.SmallestDetectable(5, -1),
            () => Power.SmallestDetectable(5, double.NaN),
            () => Power.SmallestDetectable(5, 1, 0),
            () => Power.SmallestDetectable(5, 1, 1),
            () => Power.SmallestDetectable(5, 1, 0.05, 0.05),
            () => Power.SmallestDetectable(5, 1, 0.05, 1),
            () => Power.PowerOf(1, 1, 1),
            () => Power.PowerOf(5, double.NaN, 1),
            () => Power.PowerOf(5, 1, 0),
            () => Power.PowerOf(5, 1, double.PositiveInfinity),
            () => Power.PowerOf(5, 1, 1, double.NaN),
            () => Power.PairsFor(0, 1),
            () => Power.PairsFor(double.NegativeInfinity, 1),
            () => Power.PairsFor(1, -1),
            () => Power.PairsFor(1, 1, 0.05, 0.01),
        },
        act => Assert.Throws<ArgumentOutOfRangeException>(act));
}
