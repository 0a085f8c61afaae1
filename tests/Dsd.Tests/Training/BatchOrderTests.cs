using Dsd.Training;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dsd.Tests.Training;

public class BatchOrderTests
{
    [Property]
    public Property At_AnEpochOfWholeBatches_HasEveryExampleOnce(PositiveInt batch, PositiveInt steps, long seed, NonNegativeInt epoch)
    {
        var order = new BatchOrder(batch.Get * steps.Get, batch.Get, seed);
        var first = (long)epoch.Get * order.StepsPerEpoch;
        var examples = Enumerable.Range(0, order.StepsPerEpoch).SelectMany(i => order.At(first + i).Examples.ToArray());
        return examples.Order().SequenceEqual(Enumerable.Range(0, batch.Get * steps.Get)).ToProperty();
    }

    [Property]
    public Property At_AnyEpoch_HasNoExampleTwice(PositiveInt count, PositiveInt batch, long seed)
    {
        var size = Math.Min(batch.Get, count.Get);
        var order = new BatchOrder(count.Get, size, seed);
        var examples = Enumerable.Range(0, order.StepsPerEpoch).SelectMany(i => order.At(i).Examples.ToArray()).ToArray();
        return (examples.Distinct().Count() == examples.Length && order.StepsPerEpoch == count.Get / size).ToProperty();
    }

    [Property]
    public Property At_AskedInAnyOrder_DependsOnTheStepAlone(long seed, NonNegativeInt a, NonNegativeInt b)
    {
        var order = new BatchOrder(20, 6, seed);
        var first = order.At(a.Get).Examples.ToArray();
        _ = order.At(b.Get);
        var again = order.At(a.Get).Examples.ToArray();
        return (first.SequenceEqual(again) && first.SequenceEqual(new BatchOrder(20, 6, seed).At(a.Get).Examples.ToArray())).ToProperty();
    }

    [Fact]
    public void At_EpochsAndSeeds_Differ()
    {
        int[] Epoch(long seed, long epoch) => new BatchOrder(50, 50, seed).At(epoch).Examples.ToArray();
        Assert.NotEqual(Epoch(1, 0), Epoch(1, 1));
        Assert.NotEqual(Epoch(1, 0), Epoch(2, 0));
    }

    [Fact]
    public void At_GivesEpochAndPosition()
    {
        var order = new BatchOrder(20, 6, 1);
        Assert.Equal((0, 0), (order.At(0).Epoch, order.At(0).Position));
        Assert.Equal((0, 12), (order.At(2).Epoch, order.At(2).Position));
        Assert.Equal((1, 0), (order.At(3).Epoch, order.At(3).Position));
        Assert.Equal((1_000_000_000_000, 6), (order.At(3_000_000_000_001).Epoch, order.At(3_000_000_000_001).Position));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(21)]
    public void New_BatchSizeOutsideTheExamples_ThrowsWithTheRange(int batchSize) =>
        Assert.Contains("1 to 20", Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOrder(20, batchSize, 1)).Message);

    [Fact]
    public void At_NegativeStep_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOrder(20, 6, 1).At(-1));
}
