using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dsd.Tests;

public class CounterRandomTests
{
    // The published first outputs of SplitMix64 with seed 1234567.
    [Theory]
    [InlineData(1, 6457827717110365317)]
    [InlineData(2, 3203168211198807973)]
    [InlineData(3, 9817491932198370423)]
    [InlineData(4, 4593380528125082431)]
    [InlineData(5, 16408922859458223821)]
    public void Bits_KnownSeed_GivesThePublishedSequence(long counter, ulong expected) =>
        Assert.Equal(expected, new CounterRandom(1234567).Bits(counter));

    [Fact]
    public void For_OtherSeedPurposeOrIndex_GivesAnotherStream()
    {
        CounterRandom[] streams =
        [
            CounterRandom.For(1, "shuffle"), CounterRandom.For(2, "shuffle"), CounterRandom.For(-1, "shuffle"), CounterRandom.For(1, "mask"),
            CounterRandom.For(1, "shuffle", 1), CounterRandom.For(1, "shuffle", -1), CounterRandom.For(1, ""), CounterRandom.For(1, "elffuhs"),
        ];

        Assert.Equal(streams.Length, streams.Distinct().Count());
        Assert.Equal(streams.Length * 100, streams.SelectMany(s => Enumerable.Range(0, 100).Select(i => s.Bits(i))).Distinct().Count());
    }

    [Fact]
    public void For_SameNames_GivesTheSameStream()
    {
        Assert.Equal(CounterRandom.For(3, "mask", 7), CounterRandom.For(3, "mask", 7));
        Assert.True(CounterRandom.For(3, "mask", 7) == CounterRandom.For(3, "mask", 7));
        Assert.True(CounterRandom.For(3, "mask", 7) != CounterRandom.For(3, "mask", 8));
        Assert.Equal(CounterRandom.For(3, "mask").GetHashCode(), CounterRandom.For(3, "mask").GetHashCode());
    }

    [Property]
    public bool Below_AnyBound_IsInRange(ulong key, long counter, PositiveInt bound) =>
        new CounterRandom(key).Below(counter, bound.Get) is >= 0 and var drawn && drawn < bound.Get;

    [Fact]
    public void Below_Zero_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new CounterRandom(1).Below(0, 0));

    [Fact]
    public void Below_ManyDraws_AreUniform()
    {
        var random = CounterRandom.For(1, "test");
        var counts = Enumerable.Range(0, 60_000).CountBy(i => random.Below(i, 6)).OrderBy(c => c.Key).Select(c => c.Value).ToArray();

        // Six standard deviations of a binomial with n = 60,000 and p = 1/6.
        Assert.Equal(6, counts.Length);
        Assert.All(counts, c => Assert.InRange(c, 10_000 - 548, 10_000 + 548));
    }

    [Property]
    public bool Uniform_AnyCounter_IsFromZeroToBelowOne(ulong key, long counter) =>
        new CounterRandom(key).Uniform(counter) is >= 0 and < 1;

    [Fact]
    public void Normal_ManyDraws_HaveMeanZeroAndVarianceOne()
    {
        var random = CounterRandom.For(1, "test");
        var draws = Enumerable.Range(0, 100_000).Select(i => random.Normal(i)).ToArray();

        Assert.All(draws, d => Assert.True(double.IsFinite(d)));
        Assert.InRange(draws.Average(), -0.02, 0.02);
        Assert.InRange(draws.Average(d => d * d), 0.97, 1.03);
        Assert.InRange(draws.Average(d => d * d * d * d), 2.85, 3.15);
    }

    [Property]
    public bool Permutation_AnyCount_HasEveryNumberOnce(ulong key, byte count) =>
        new CounterRandom(key).Permutation(count).Order().SequenceEqual(Enumerable.Range(0, count));

    [Fact]
    public void Permutation_OfThree_TakesAllSixOrdersAlike()
    {
        var counts = Enumerable.Range(0, 12_000).CountBy(i => string.Concat(CounterRandom.For(i, "test").Permutation(3))).ToDictionary(c => c.Key, c => c.Value);

        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, c => Assert.InRange(c, 2000 - 245, 2000 + 245));
    }
}
