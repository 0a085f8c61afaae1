using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Selection;

/// <summary>The highest-ranking weights of each group of a pattern.</summary>
public sealed class PatternSelectionTests
{
    private static readonly ScalarType[] s_types = [ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16];

    [Property(MaxTest = 200)]
    public void Choose_NOfMAlongAnyAxis_IsAStableSortOfEachGroup(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "pattern");
        var of = 2 + random.Below(0, random.Below(9, 6) == 0 ? 60 : 7);
        var keep = 1 + random.Below(1, of - 1);
        var axis = random.Below(2, 4);
        long[] dims = [.. Enumerable.Range(0, 4).Select(i => (long)(1 + random.Below(3 + i, 4)) * (i == axis ? of : 1))];
        var count = (int)dims.Aggregate((a, b) => a * b);

        // Few distinct values: ties in most groups.
        var values = Enumerable.Range(0, count).Select(i => (random.Below(100 + i, 7) - 3) / 2f).ToArray();
        var type = s_types[random.Below(8, s_types.Length)];
        var isScore = random.Below(10, 2) == 0;
        var score = new WeightScores("w", "has", tensor(values, dims).to(type), null, !isScore, count);
        var pattern = MaskPattern.NOfM(keep, of, axis).BuiltIn!;
        var groups = pattern.Divide([.. dims], new Sparsity(1 - ((double)keep / of)));

        var mask = ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score];

        var stride = dims.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        Assert.Equal(count / of * keep, mask.Kept);
        for (var i = 0; i < count; i++)
        {
            // The weight's group, by its coordinate on the axis and that of all other dimensions.
            var coordinate = i / stride % dims[axis];
            var first = i - (coordinate % of * stride);
            var group = Enumerable.Range(0, of).Select(j => (int)(first + (j * stride))).ToList();
            var expected = group.OrderByDescending(g => isScore ? values[g] : Math.Abs(values[g])).Take(keep).Contains(i);
            Assert.Equal(expected, mask[i]);
        }

        Assert.True(PatternSelection.Obeys(mask, groups));
        Assert.False(PatternSelection.Obeys(BitMask.All(count), groups));
    }

    [Fact]
    public void Choose_ManyGroupsOverThreads_IsThatOfAFewAtATime()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var values = randn(1, 200_000);
        var groups = MaskPattern.NOfM(2, 4).BuiltIn!.Divide([1, 200_000], new Sparsity(0.5));
        var score = new WeightScores("w", "has", values, null, true, 200_000);
        var mask = ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score];
        var expected = values.abs().view(-1, 4).argsort(1, descending: true).argsort(1).lt(2).view(1, -1);
        Assert.Equal(expected.data<bool>().ToArray(), Enumerable.Range(0, 200_000).Select(i => mask[i]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Choose_WhatCannotBeRanked_IsRefused(float wrong)
    {
        using var scope = NewDisposeScope();
        var groups = MaskPattern.NOfM(1, 2).BuiltIn!.Divide([1, 4], new Sparsity(0.5));
        var score = new WeightScores("w", "holds", tensor([1f, 2, wrong, 4]), null, true, 4);
        Assert.Contains("w holds values that are NaN or infinite", Assert.Throws<DivergedException>(() => ScoreGroup.Rank([new([score], 2, false, groups)])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Choose_AnIndexOutside_IsRefused(long index)
    {
        using var scope = NewDisposeScope();
        var groups = new PatternGroups(2, 2, 1, (group, place) => group == 1 ? index : place);
        var score = new WeightScores("fc.weight", "holds", tensor([1f, 2, 3, 4]), null, true, 4);
        Assert.Contains($"puts the index {index} in group 1, place 0", Assert.Throws<DsdException>(() => ScoreGroup.Rank([new([score], 2, false, groups)])).Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 60)]
    public Property Choose_APermutationAndAScale_GoWithTheMask() => Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed =>
    {
        // Law 8: groups keep their weights, in another order and on another scale, and the same ones stay.
        using var scope = NewDisposeScope();
        manual_seed(seed);
        var values = randn(6, 8);
        var order = randperm(6);
        var groups = MaskPattern.NOfM(2, 4).BuiltIn!.Divide([6, 8], new Sparsity(0.5));
        bool[] Mask(Tensor of)
        {
            var score = new WeightScores("w", "holds", of, null, true, 48);
            var mask = ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score];
            return [.. Enumerable.Range(0, 48).Select(i => mask[i])];
        }

        var whole = tensor(Mask(values)).view(6, 8).index_select(0, order).flatten().data<bool>().ToArray();
        return whole.SequenceEqual(Mask(values.index_select(0, order).mul(4)));
    });
}
