using Dsd.Schedules;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

public class MaskUpdateTests
{
    [Theory]
    [InlineData(1, 5, 5)]
    [InlineData(2, 5, 3)] // 0, 2, 4
    [InlineData(4, 5, 2)]
    [InlineData(5, 5, 1)]
    [InlineData(100, 5, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(100, 1407, 15)]
    public void CountIn_EveryKSteps_CountsTheFirstToo(long interval, long steps, long count) =>
        Assert.Equal(count, MaskUpdate.Every(interval).CountIn(steps));

    [Fact]
    public void CountIn_Once_IsOne() => Assert.Equal(1, MaskUpdate.Once.CountIn(1_000_000));

    [Property]
    public bool IsDueIndexAtAndCountIn_AnyInterval_Agree(byte interval, byte more, byte end)
    {
        var update = interval == 0 ? MaskUpdate.Once : MaskUpdate.Every(interval).WithUntil((end + 1) / 256.0);
        var steps = more + 1;
        var due = 0L;
        for (var step = 0; step < steps; step++)
        {
            var isDue = update.IsDue(step, steps);
            due += isDue ? 1 : 0;
            if (isDue && step > 0 && step >= update.Until * steps)
            {
                return false;
            }

            if (update.IndexAt(step, steps) != due - 1)
            {
                return false;
            }
        }

        return update.IsDue(0, steps) && due == update.CountIn(steps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Every_BelowOne_IsRefused(long steps) => Assert.Throws<ArgumentOutOfRangeException>(() => MaskUpdate.Every(steps));

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void WithUntil_NoFractionOfAPhase_IsRefused(double until) => Assert.Throws<ArgumentOutOfRangeException>(() => MaskUpdate.Every(2).WithUntil(until));

    [Fact]
    public void New_WhatHasNoMeaning_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskUpdate.Once.WithUntil(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskUpdate.SparseEvolution(5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskUpdate.SparseEvolution(0));
        Assert.Throws<ArgumentException>(() => MaskUpdate.Custom("set", 5));
    }

    [Fact]
    public void Custom_AtAnIntervalInEpochs_IsConvertedByThePlan()
    {
        var update = MaskUpdate.Custom("turn", Duration.Epochs(0.4), 0.2);
        Assert.Equal((Duration.Epochs(0.4), "turn", true, 0.2), (update.Interval, update.Policy, update.IsCustom, update.Fraction));
        Assert.Equal(MaskUpdate.Custom("turn", 40, 0.2), update.InSteps(100));
        Assert.Equal(MaskUpdate.Custom("turn", 7), MaskUpdate.Custom("turn", Duration.Steps(7)));
        Assert.Throws<ArgumentException>(() => MaskUpdate.Custom("rigl", Duration.Epochs(1)));
        var phase = new Phase("p", Duration.Epochs(1), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), new MaskRule(update: update));
        Assert.Equal(new Schedule([phase]), Schedule.FromJson(new Schedule([phase]).ToJson()));
    }

    [Fact]
    public void ToString_ReadsAsEnglish() =>
        Assert.Equal(
            "once, every step, every 1000 steps; every 7 steps, may regrow",
            Cultures.In(Cultures.Comma, () => $"{MaskUpdate.Once}, {MaskUpdate.Every(1)}, {MaskUpdate.Every(1000)}; {MaskUpdate.Every(7, mayRegrow: true)}"));
}
