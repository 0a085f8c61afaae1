using Dsd.Training;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Examples with the same inputs in two splits.</summary>
public class EqualInputsTests
{
    [Fact]
    public void Problems_EqualInputsInTwoSplits_AreCountedAndNamed()
    {
        var train = Examples.Of(new float[,] { { 1, 2 }, { 3, 4 }, { 1, 2 } }, new int[3]);
        var validation = Examples.Of(new double[][] { [5, 6], [3, 4] }, new int[2]);
        var test = Examples.Of(tensor(new float[,] { { 5, 6 }, { 1, 2 }, { 0, 7 }, { 1, 2 } }), new int[4]);

        var problems = SupervisedTask.Of(train, validation, test, LossFunction.CrossEntropy, 1).Problems;

        Assert.Equal(
            [
                "In two splits, validation: examples with the same inputs as one of train (rows counted from 0): 1 (row 1 = row 1)",
                "In two splits, test: examples with the same inputs as one of train (rows counted from 0): 2 (row 1 = row 0; row 3 = row 0)",
                "In two splits, test: examples with the same inputs as one of validation (rows counted from 0): 1 (row 0 = row 0)",
            ],
            problems.Select(p => p.ToString()));
    }

    [Property(MaxTest = 50)]
    public Property Problems_OfAnySplit_AreThoseThatComparingEachWithEachFinds(PositiveInt count, PositiveInt values, long seed)
    {
        var n = count.Get + 5;
        manual_seed(seed);
        var inputs = randint(1 + (values.Get % 20), [n, 2, 3], int64);
        var parts = Examples.Of(inputs.transpose(1, 2), new int[n]).Split(0.4, 0.3, 0.3, seed);
        float[][] Rows(Examples part) => [.. Enumerable.Range(0, part.Count).Select(i => ToyCase.Values(part.Read([i]).Inputs))];
        var (train, validation, test) = (Rows(parts.Train), Rows(parts.Validation), Rows(parts.Test));
        long Both(float[][] later, float[][] earlier) => later.LongCount(l => earlier.Any(e => e.SequenceEqual(l)));

        var found = SupervisedTask.Of(parts.Train, parts.Validation, parts.Test, LossFunction.CrossEntropy, 1).Problems;

        return found.Select(p => p.Count).SequenceEqual(new[] { Both(validation, train), Both(test, train), Both(test, validation) }.Where(c => c > 0)).ToProperty();
    }

    [Fact]
    public void Problems_OfOtherTypesCustomDataOrNoEqual_AreNone()
    {
        var (floats, longs) = (Examples.Of(zeros(2, 2), new int[2]), Examples.Of(zeros(2, 1, int64), new int[2]));
        Assert.Empty(SupervisedTask.Of(floats, longs, SupervisedTaskTests.Data(5, 2, 2), LossFunction.CrossEntropy, 1).Problems);
        Assert.Empty(SupervisedTask.Of(floats, new SupervisedTaskTests.Doubling(zeros(2, 2), zeros(2, int64)), SupervisedTaskTests.Data(5, 2, 2), LossFunction.CrossEntropy, 1).Problems);
    }

    [Fact]
    public void Problems_OfAPartOfAPart_NameTheRowsOfTheWhole()
    {
        var whole = Examples.Of(arange(40).reshape(40, 1), new int[40]);
        var (rest, validation, test) = whole.Split(0.5, 0.25, 0.25, seed: 3).Train.Split(0.4, 0.3, 0.3, seed: 4);
        var last = (int)rest.Read([rest.Count - 1]).Inputs.item<long>();
        var again = Examples.Of(new long[,] { { last } }, new int[1]);

        Assert.Equal([$"row 0 = row {last}"], SupervisedTask.Of(rest, validation, again, LossFunction.CrossEntropy, 1).Problems.Single().Examples);
        Assert.Empty(SupervisedTask.Of(rest, validation, test, LossFunction.CrossEntropy, 1).Problems);
    }

    [Fact]
    public void InputHashes_OfParts_AreThoseOfTheWhole()
    {
        var whole = Examples.Of(arange(40).reshape(40, 1), new int[40]);
        var (train, validation, _) = whole.Split(0.5, 0.25, 0.25, seed: 3);
        var part = validation.Split(0.4, 0.3, 0.3, seed: 4).Test;

        var hashes = whole.InputHashes()!.Value.OfAll;

        Assert.All(new[] { whole, train, validation, part }, e => Assert.Same(hashes, e.InputHashes()!.Value.OfAll));
        Assert.Equal(part.Count, part.InputHashes()!.Value.Count);
    }

    // More rows than a thread hashes at a time, and than are hashed at once.
    [Theory]
    [InlineData(100_003, 3)]
    [InlineData(1_000, 17_001)]
    public void Hashes_OfManyRows_AreThoseOfEachAlone(int count, int width)
    {
        using var scope = NewDisposeScope();
        var rows = randn(width, count).t();
        var hashes = EqualInputs.Hashes(rows);

        Assert.Equal(count, hashes.Distinct().Count());
        foreach (var row in new[] { 0, 1, count / 2, count - 2, count - 1 })
        {
            Assert.Equal(EqualInputs.Hashes(rows.narrow(0, row, 1)).Single(), hashes[row]);
        }
    }
}
