using Dsd.Schedules;
using Dsd.Testing;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public class LearningRateTests
{
    public static TheoryData<LearningRate, double[]> Tables => new()
    {
        { LearningRate.Constant(0.1), [0.1, 0.1, 0.1] },
        { LearningRate.Linear(0.8), [0.8, 0.6, 0.4, 0.2] },
        { LearningRate.Linear(0.2, 1), [0.2, 0.4, 0.6, 0.8] },
        { LearningRate.Cosine(1), [1, 0.853553390593, 0.5, 0.146446609407] },
        { LearningRate.Cosine(0.5, 0.1), [0.5, 0.3] },
        { LearningRate.Cosine(0.1), [0.1] },
        { LearningRate.Exponential(1, 0.0001), [1, 0.1, 0.01, 0.001] },
        { LearningRate.Exponential(0.01, 0.04), [0.01, 0.02] },
        { LearningRate.Step(1, 0.1, 0.5), [1, 1, 0.1, 0.1] },
        { LearningRate.Step(1, 0.1, 0.5, 0.75), [1, 1, 0.1, 0.01] },
        { LearningRate.Step(1, 0.5, 0.25, 0.5, 0.75), [1, 0.5, 0.25, 0.125] },
        { LearningRate.Step(1, 0.5, 0.1, 0.2), [1, 0.25] },
        { LearningRate.Constant(0.4).WithWarmUp(0.5), [0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4, 0.4] },
        { LearningRate.Linear(0.4).WithWarmUp(0.2), [0.2, 0.4, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05] },
        { LearningRate.Step(1, 0.5, 0.5).WithWarmUp(0.5), [0.5, 1, 1, 0.5] }, // the milestone halves what warm-up leaves
        { LearningRate.Constant(0.4).WithWarmUp(0.99), [0.1, 0.2, 0.3, 0.4] },
        { LearningRate.Constant(0.4).WithWarmUp(0.1), [0.4, 0.4] }, // too short a phase for a warm-up step
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void At_EveryStep_FollowsTheShape(LearningRate rate, double[] expected)
    {
        for (var step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step], rate.At(step, expected.Length), precision: 11);
        }
    }

    [Fact]
    public void At_MilestoneOnAStep_StepsExactlyThere()
    {
        // 0.29 · 100 is 28.999… in binary.
        var rate = LearningRate.Step(1, 0.5, 0.29);
        Assert.Equal((1, 0.5), (rate.At(28, 100), rate.At(29, 100)));
    }

    [Theory]
    [InlineData(-1, 4)]
    [InlineData(4, 4)]
    [InlineData(0, 0)]
    public void At_NoSuchStep_IsRefused(long step, long steps) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Constant(1).At(step, steps));

    [Property]
    public bool At_AnyStep_StaysWithinItsRange(LearningRate rate, PositiveInt steps, NonNegativeInt step)
    {
        var low = rate.WarmUp > 0 ? 0 : rate.Shape == RateShape.Step ? rate.From * Math.Pow(rate.Factor, rate.Milestones.Count) : Math.Min(rate.From, rate.To);
        var value = rate.At(step.Get % steps.Get, steps.Get);
        return value >= low * (1 - 1e-12) && value <= Math.Max(rate.From, rate.To) * (1 + 1e-12);
    }

    [Property]
    public bool At_WithoutWarmUp_StartsExactlyAtFromAndMovesOneWay(LearningRate rate, byte more)
    {
        var steps = more + 1;
        var plain = rate.WithWarmUp(0);
        var values = Enumerable.Range(0, steps).Select(s => plain.At(s, steps)).ToList();
        var up = plain.To > plain.From;
        return (values[0] == rate.From || rate.PartFrom > 0)
            && values.Zip(values.Skip(1)).All(p => up ? p.First <= p.Second * (1 + 1e-12) : p.First * (1 + 1e-12) >= p.Second);
    }

    [Property]
    public bool At_PartsOfOneCurve_FollowItStepByStep(LearningRate rate, byte first, byte second)
    {
        // The curve in a phase of its own counts its warm-up in whole steps; a part does not.
        var (steps, curve) = (first + second + 2, rate.WithWarmUp(0));
        var whole = Enumerable.Range(0, steps).Select(s => curve.At(s, steps));
        var cut = (first + 1) / (double)steps;
        var parts = Enumerable.Range(0, first + 1).Select(s => curve.Part(0, cut).At(s, first + 1)).Concat(Enumerable.Range(0, second + 1).Select(s => curve.Part(cut, 1).At(s, second + 1)));
        return curve.Milestones.Count > 0 || whole.Zip(parts).All(p => Math.Abs(p.First - p.Second) <= 1e-9 * Math.Max(rate.From, rate.To));
    }

    [Property]
    public bool At_WarmUp_RisesToFrom(LearningRate rate, byte more)
    {
        if (rate is not { PartFrom: 0, PartTo: 1 })
        {
            // A part may have no step of the warm-up.
            return true;
        }

        var steps = more + 2;
        var half = rate.WithWarmUp(0.5);
        var rising = Enumerable.Range(0, (int)Math.Round(steps / 2.0, MidpointRounding.ToEven)).Select(s => half.At(s, steps)).ToList();
        return rising.Count > 0 && rising[^1] == rate.From && rising[0] > 0 && rising.Zip(rising.Skip(1)).All(p => p.First < p.Second);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void New_StartNotAbove0_IsRefused(double rate)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Constant(rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Step(rate, 0.1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Linear(rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Cosine(rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Exponential(rate, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Exponential(1, rate));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void New_EndBelow0_IsRefused(double to)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Linear(1, to));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Cosine(1, to));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Step_FactorOutOfRange_IsRefused(double factor) => Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Step(1, factor, 0.5));

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { 0.0 })]
    [InlineData(new[] { 1.0 })]
    [InlineData(new[] { 0.5, 0.5 })]
    [InlineData(new[] { 0.5, 0.25 })]
    [InlineData(new[] { double.NaN })]
    public void Step_MilestonesThatDoNotRiseWithin0And1_AreRefused(double[] milestones) =>
        Assert.Throws<ArgumentException>(() => LearningRate.Step(1, 0.1, milestones));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void WithWarmUp_OutOfRange_IsRefused(double fraction) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRate.Constant(1).WithWarmUp(fraction));

    [Fact]
    public void ToString_AnyCulture_UsesAPoint()
    {
        Assert.Equal("0.005", Cultures.In(Cultures.Comma, LearningRate.Constant(0.005).ToString));
        Assert.Equal("cosine 0.05 → 0.005", Cultures.In(Cultures.Comma, LearningRate.Cosine(0.05, 0.005).ToString));
        Assert.Equal("linear 0.05 → 0, warm-up 0.1", Cultures.In(Cultures.Comma, LearningRate.Linear(0.05).WithWarmUp(0.1).ToString));
        Assert.Equal("exponential 0.05 → 0.0005", Cultures.In(Cultures.Comma, LearningRate.Exponential(0.05, 0.0005).ToString));
        Assert.Equal("step 0.1 × 0.5 at 0.5, 0.75", Cultures.In(Cultures.Comma, LearningRate.Step(0.1, 0.5, 0.5, 0.75).ToString));
    }

    [Theory]
    [InlineData("90ep", 0.0, "step 0.1 → 0.01 → 0.001 at 30ep, 60ep")]
    [InlineData("1.25ep", 0.0, "step 0.1 → 0.01 → 0.001 at 0.42ep, 0.83ep")]
    [InlineData("300st", 0.0, "step 0.1 → 0.01 → 0.001 at 100st, 200st")]
    [InlineData("90ep", 0.1, "step 0.1 → 0.01 → 0.001 at 36ep, 63ep, warm-up 0.1")]
    public void Course_OfASteppedRate_NamesItsRatesAndWhereTheyBegin(string duration, double warmUp, string expected)
    {
        var rate = LearningRate.Step(0.1, 0.1, 1.0 / 3, 2.0 / 3).WithWarmUp(warmUp);

        Assert.Equal(expected, Cultures.In(Cultures.Comma, () => rate.Course(Duration.Parse(duration))));
        Assert.Equal("cosine 0.1 → 0", LearningRate.Cosine(0.1).Course(Duration.Parse(duration)));
    }
}
