using FsCheck.Xunit;

namespace Dsd.Data.Tests.Speech;

public class LengthBucketsTests
{
    [Property(MaxTest = 50)]
    public void At_AnEpoch_HasWholeBatchesOfEachUtteranceAtMostOnce(byte size, byte batch, int seed)
    {
        var lengths = Enumerable.Range(0, 1 + size).Select(i => 20 + ((i * 37) % 400)).ToArray();
        var order = new LengthBuckets(lengths, 1 + (batch % lengths.Length), seed, lengths.Length);
        foreach (var epoch in new[] { 0, 3 })
        {
            var batches = Enumerable.Range(0, order.StepsPerEpoch).Select(s => order.At(((long)epoch * order.StepsPerEpoch) + s).ToArray()).ToList();
            Assert.All(batches, b => Assert.Equal(order.BatchSize, b.Length));
            var seen = batches.SelectMany(b => b).ToList();
            Assert.Equal(seen.Count, seen.Distinct().Count());
            Assert.InRange(lengths.Length - seen.Count, 0, order.BatchSize - 1);
        }
    }

    [Fact]
    public void At_SameSeed_IsAPureFunctionOfTheStepAndOtherwiseDiffers()
    {
        var lengths = Enumerable.Range(0, 100).Select(i => 20 + ((i * 37) % 400)).ToArray();
        var (one, two, other) = (new LengthBuckets(lengths, 8, 5, 100), new LengthBuckets(lengths, 8, 5, 100), new LengthBuckets(lengths, 8, 6, 100));
        var steps = Enumerable.Range(0, 36).ToArray();
        var backwards = steps.Reverse().Select(s => string.Join(' ', two.At(s).ToArray())).Reverse();
        var forwards = steps.Select(s => string.Join(' ', one.At(s).ToArray())).ToArray();
        Assert.Equal(forwards, backwards);
        Assert.NotEqual(forwards, steps.Select(s => string.Join(' ', other.At(s).ToArray())));
        Assert.NotEqual(forwards[..12], forwards[12..24]);
    }

    [Fact]
    public void PaddingOf_LikeLengthsTogether_IsMuchLessThanOfAnyOrder()
    {
        var random = CounterRandom.For(1, "lengths");
        var lengths = Enumerable.Range(0, 400).Select(i => 20 + random.Below(i, 800)).ToArray();
        Assert.InRange(new LengthBuckets(lengths, 16, 1, 400).PaddingOf(0), 0.01, 0.12);
        Assert.Equal(0, new LengthBuckets(lengths, 1, 1, 400).PaddingOf(0));

        // In any order the longest of 16 is about 16/17 of the range, the mean half of it.
        Assert.InRange(new LengthBuckets([.. Enumerable.Repeat(20, 8), .. Enumerable.Repeat(820, 8)], 16, 1, 16).PaddingOf(0), 0.45, 0.5);
    }

    [Fact]
    public void At_MoreExamplesThanUtterances_FillsUpWithSomeTwice()
    {
        var order = new LengthBuckets([10, 20, 30], 2, 1, 5);
        Assert.Equal(2, order.StepsPerEpoch);
        Assert.Equal(4, order.At(0).Length + order.At(1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => order.At(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthBuckets([10, 20, 30], 4, 1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthBuckets([10], 0, 1, 1));
    }
}
