using Dsd.Statistics;
using MathNet.Numerics.Statistics;

namespace Dsd.Tests.Statistics;

[Trait("Tier", "slow")]
public class PairedBootstrapTests
{
    private static readonly CounterRandom s_random = CounterRandom.For(7, "bootstrap tests");

    [Theory]
    [InlineData(9, 1, false, false)]
    [InlineData(9, 1, true, false)]
    [InlineData(7, 5, false, true)]
    [InlineData(5, 11, true, true)]
    public void Drawn_OfSeedsAndExamples_HasTheVarianceOfAllDraws(int examples, int seeds, bool weighted, bool drawsSeeds)
    {
        var weights = Enumerable.Range(0, examples).Select(i => weighted ? 1 + (0.1 * s_random.Uniform(i)) : 1).ToArray();
        var rows = Enumerable.Range(0, examples * seeds).Select(i => weights[i / seeds] * s_random.Normal(100 + i)).ToArray();

        var drawn = PairedBootstrap.Drawn(rows, weights, seeds, drawsSeeds, seed: 3);

        // Of n draws of n things, how often i and j come has the mean product 1 − 1/n, and 1 more where they are the same. The
        // variance of the ratio is that of its linear part, to the order of the weights' own.
        var mean = rows.Sum() / seeds / weights.Sum();
        var rest = rows.Select((r, i) => r - (weights[i / seeds] * mean)).ToArray();
        var variance = 0.0;
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < rows.Length; j++)
            {
                var sameExample = (i / seeds == j / seeds ? 1 : 0) + 1 - (1.0 / examples);
                var sameSeed = drawsSeeds ? (i % seeds == j % seeds ? 1 : 0) + 1 - (1.0 / seeds) : 1;
                variance += rest[i] * rest[j] * sameExample * sameSeed;
            }
        }

        variance /= seeds * seeds * weights.Sum() * weights.Sum();
        Assert.Equal(PairedBootstrap.Draws, drawn.Length);
        Assert.True(drawn.SequenceEqual(drawn.Order()));
        Assert.Equal(mean, drawn.Mean(), 5 * Math.Sqrt(variance / PairedBootstrap.Draws) + (weighted ? 0.01 * Math.Sqrt(variance) : 0));
        Assert.Equal(1, drawn.PopulationVariance() / variance, 0.1);
    }

    [Fact]
    public void OverExamples_OfMany_IsThatOfStudentsT()
    {
        var differences = Enumerable.Range(0, 400).Select(i => 0.1 + s_random.Normal(2000 + i)).ToArray();

        var (low, high) = PairedBootstrap.OverExamples(differences, new double[400])!.Value;

        var (expectedLow, expectedHigh) = Dsd.Statistics.Sample.Of(differences).Interval()!.Value;
        Assert.Equal(expectedLow, low, 0.01);
        Assert.Equal(expectedHigh, high, 0.01);
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(1, 1, 1)]
    public void OverSeedsAndExamples_WhateverVaries_HoldsTheTruthAsOftenAsItSays(double overSeeds, double overExamples, double overBoth)
    {
        const int Seeds = 6;
        const int Examples = 30;
        const int Studies = 200;
        var position = 100_000L;
        var held = 0;
        for (var study = 0; study < Studies; study++)
        {
            var examples = Enumerable.Range(0, Examples).Select(_ => overExamples * s_random.Normal(position++)).ToArray();
            var seeds = Enumerable.Range(0, Seeds).Select(_ =>
            {
                // Each part contributes as much to the mean's variance.
                var own = overSeeds * s_random.Normal(position++) * Math.Sqrt((double)Seeds / Examples);
                double[] first = [.. examples.Select(e => e + own + (overBoth * s_random.Normal(position++) * Math.Sqrt(Seeds)))];
                return ((IReadOnlyList<double>)first, (IReadOnlyList<double>)new double[Examples]);
            }).ToList();
            var (low, high) = PairedBootstrap.OverSeedsAndExamples(seeds)!.Value;
            held += low <= 0 && 0 <= high ? 1 : 0;
        }

        // Of 200 intervals that hold in 95 of 100, 179 to 199 do. They hold more often where examples vary, since six seeds set how
        // far percentiles are expanded, and where the two interact, which draws count up to thrice.
        Assert.InRange(held, 179, overSeeds == 1 && overExamples == 0 ? 199 : Studies);
    }

    [Fact]
    public void OverSeedsAndExamples_OnOneFixedSet_IsNoNarrowerThanOverSeeds()
    {
        var (seeds, differences) = Accuracies(12, 500);

        var (low, high) = PairedBootstrap.OverSeedsAndExamples(seeds)!.Value;

        var (lowOfSeeds, highOfSeeds) = Dsd.Statistics.Sample.Of(differences).Interval()!.Value;
        Assert.True(high - low > highOfSeeds - lowOfSeeds);
        Assert.InRange(differences.Average(), low, high);
    }

    [Fact]
    public void Interval_OfTheSameNumbers_IsTheSameAndOfTheSeed()
    {
        var (seeds, _) = Accuracies(7, 60);

        Assert.Equal(PairedBootstrap.OverSeedsAndExamples(seeds, seed: 1), PairedBootstrap.OverSeedsAndExamples(seeds, seed: 1));
        Assert.NotEqual(PairedBootstrap.OverSeedsAndExamples(seeds, seed: 1), PairedBootstrap.OverSeedsAndExamples(seeds, seed: 2));
    }

    [Fact]
    public void OverExamples_Weighted_IsThatOfRepeatedExamplesAndLeavesOutWhatWeighsNothing()
    {
        double[] first = [1, 2, 3, 4, 5, 6, 7];
        double[] second = [0, 2, 1, 3, 5, 5, 4];

        var (low, high) = PairedBootstrap.OverExamples(first, second, [2, 2, 2, 2, 2, 2, 2])!.Value;
        var plain = PairedBootstrap.OverExamples(first, second)!.Value;
        Assert.Equal(plain.Low, low, 1e-12);
        Assert.Equal(plain.High, high, 1e-12);
        Assert.Equal(plain, PairedBootstrap.OverExamples([.. first, 1e9], [.. second, 0], [1, 1, 1, 1, 1, 1, 1, 0]));
    }

    [Fact]
    public void Interval_WhereThereIsNothingToJudgeBy_IsNone()
    {
        double[] some = [0.1, 0.7, 0.3, 0.9, 0.2, 0.4];

        Assert.Null(PairedBootstrap.OverExamples([], []));
        Assert.Null(PairedBootstrap.OverExamples(some, some));
        Assert.Null(PairedBootstrap.OverExamples(some, [.. some.Select(v => v + 0.1)]));
        Assert.Null(PairedBootstrap.OverExamples([1, 2, 3, 4, 5], [0, 0, 0, 1, 0]));
        Assert.NotNull(PairedBootstrap.OverExamples(some, [.. some.Reverse()]));
        Assert.Null(PairedBootstrap.OverSeedsAndExamples([.. Enumerable.Repeat<(IReadOnlyList<double>, IReadOnlyList<double>)>((some, [.. some.Reverse()]), 5)]));
        Assert.NotNull(PairedBootstrap.OverSeedsAndExamples([.. Enumerable.Repeat<(IReadOnlyList<double>, IReadOnlyList<double>)>((some, [.. some.Reverse()]), 6)]));
    }

    [Fact]
    public void Interval_WrongNumbers_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PairedBootstrap.OverExamples([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => PairedBootstrap.OverExamples([1, 2], [1, 2], [1]));
        Assert.Throws<ArgumentException>(() => PairedBootstrap.OverExamples([1, double.NaN], [1, 2]));
        Assert.Throws<ArgumentException>(() => PairedBootstrap.OverExamples([1, 2], [1, 2], [1, -1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedBootstrap.OverExamples([1], [1], confidence: 1));
    }

    /// <summary>Whether two arms were right, by seed: some examples are hard for all seeds, and the second arm is right a little more often.</summary>
    private static (List<(IReadOnlyList<double> First, IReadOnlyList<double> Second)> Seeds, List<double> Differences) Accuracies(int seeds, int examples)
    {
        var all = Enumerable.Range(0, seeds).Select(s =>
        {
            double[] Right(int arm, double chance) =>
                [.. Enumerable.Range(0, examples).Select(i => s_random.Uniform(5_000 + i) < 0.7 ? 1.0 : s_random.Uniform(10_000 + (((s * 2) + arm) * examples) + i) < chance ? 1 : 0)];
            return ((IReadOnlyList<double>)Right(0, 0.4), (IReadOnlyList<double>)Right(1, 0.5));
        }).ToList();
        return (all, [.. all.Select(s => s.Item1.Average() - s.Item2.Average())]);
    }
}
