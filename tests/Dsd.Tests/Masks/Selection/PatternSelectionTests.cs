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

    [Property(MaxTest = 300)]
    public void Choose_NOfMAlongAnyAxis_IsAStableSortOfEachGroup(int seed) =>
        CheckStableSort(seed, CounterRandom.For(seed, "size").Below(9, 6) == 0 ? 60 : 15, null);

    // The kernels of two, four and eight neighbours have paths of their own: within vectors, and eight columns by their last key.
    [Property(MaxTest = 300)]
    public void Choose_OfTwoFourOrEight_IsAStableSortOfEachGroup(int seed) => CheckStableSort(seed, 1, 2 << CounterRandom.For(seed, "size").Below(0, 3));

    private static void CheckStableSort(int seed, int sizes, int? size)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "pattern");
        var of = size ?? (2 + random.Below(0, sizes));
        var keep = 1 + random.Below(1, of - 1);
        var axis = random.Below(2, 4);
        var isPadded = random.Below(11, 2) == 0;
        long[] dims = [.. Enumerable.Range(0, 4).Select(i => (long)(1 + random.Below(3 + i, 4)) * (i == axis ? of : 1))];

        // Strides below and above a word of the mask, and tensors of several words.
        dims[3] = axis == 3 ? dims[3] * (size is null ? 1 : 1 + random.Below(15, 40)) : 1 + random.Below(12, random.Below(13, 2) == 0 ? 300 : 12);
        dims[axis] = isPadded ? 1 + random.Below(14, (int)dims[axis]) : dims[axis];
        var count = (int)dims.Aggregate((a, b) => a * b);

        // Few distinct values: ties in most groups; or many: ties in none or few.
        var distinct = random.Below(16, 3) == 0 ? 100_000 : 7;
        var values = Enumerable.Range(0, count).Select(i => (random.Below(100 + i, distinct) - (distinct / 2)) / 2f).ToArray();
        var type = size is not null || distinct > 7 ? ScalarType.Float32 : s_types[random.Below(8, s_types.Length)];
        var kind = random.Below(10, 3);
        var draws = CounterRandom.For(seed, "draws");
        var score = kind == 2 ? new WeightScores("w", "has", null, draws, false, count) : new WeightScores("w", "has", tensor(values, dims).to(type), null, kind == 0, count);
        var pattern = MaskPattern.NOfM(keep, of, axis, isPadded).BuiltIn!;
        var sparsity = new Sparsity((double)(1 - ((decimal)keep / of)));
        Assert.Null(pattern.Refuse([.. dims], sparsity));
        var groups = pattern.Divide([.. dims], sparsity);
        Assert.Equal(count, groups.Weights);

        var mask = ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score];

        double Rank(int i) => kind == 2 ? draws.Bits(i) >> 32 : kind == 1 ? values[i] : Math.Abs(values[i]);
        var stride = dims.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        var expected = new HashSet<int>();
        foreach (var group in Enumerable.Range(0, count).GroupBy(i => (i / stride / dims[axis], i / stride % dims[axis] / of, i % stride)))
        {
            expected.UnionWith(group.OrderByDescending(Rank).Take(keep));
        }

        Assert.Equal(groups.Kept, mask.Kept);
        Assert.Equal(Oracle.Mark(count, expected), mask);
        Assert.True(mask.Obeys(groups));
        Assert.Equal(groups.Kept == count, BitMask.All(count).Obeys(groups));
        Assert.True(mask.Satisfies(MaskPattern.NOfM(keep, of, axis, isPadded), dims));
    }

    /// <summary>What is not finite is found wherever it lies, also where vectors would reach beyond the tensor.</summary>
    [Property(MaxTest = 100)]
    public void Choose_OneWeightThatIsNotFinite_IsRefused(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "wrong");
        long[] dims = [4, 4, 1 + random.Below(0, 100)];
        var values = Enumerable.Repeat(1f, (int)(16 * dims[2])).ToArray();
        float[] wrongs = [float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        values[random.Below(1, values.Length)] = wrongs[random.Below(2, 4)];
        MaskPattern[] patterns = [MaskPattern.NOfM(2, 4, 0), MaskPattern.NOfM(1, 4), MaskPattern.NOfM(3, 5, 2, pad: true), MaskPattern.NOfM(3, 20, 2, pad: true), MaskPattern.Row(), MaskPattern.Column(UnitNorm.L1), MaskPattern.Channel(UnitNorm.LInfinity), MaskPattern.Block(3, 3, pad: true)];
        var groups = patterns[random.Below(3, patterns.Length)].BuiltIn!.Divide([.. dims], new Sparsity(0.5));
        var score = new WeightScores("w", "holds", tensor(values, dims).to(s_types[random.Below(4, 4)]), null, random.Below(5, 2) == 0, values.Length);
        Assert.Contains("values that are NaN or infinite", Assert.ThrowsAny<DsdException>(() => ScoreGroup.Rank([new([score], groups.Kept, false, groups)])).Message, StringComparison.Ordinal);
    }

    /// <summary>Groups of any size that a function describes, a large one too.</summary>
    [Property(MaxTest = 60)]
    public void Choose_GroupsOfAFunction_IsAStableSortOfEachGroup(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "function");
        var size = 1 + random.Below(0, random.Below(1, 4) switch { 0 => 6_000, 1 => 200, _ => 40 });
        var count = 1 + random.Below(2, 4);
        var keep = 1 + random.Below(3, size);
        var values = Enumerable.Range(0, size * count).Select(i => (random.Below(100 + i, 41) - 20) / 4f).ToArray();
        var groups = new PatternGroups(count, size, keep, (group, place) => (place * count) + group);
        var score = new WeightScores("w", "has", tensor(values), null, true, values.Length);
        var expected = Enumerable.Range(0, count).SelectMany(g => Enumerable.Range(0, size).Select(p => (p * count) + g).OrderByDescending(i => Math.Abs(values[i])).Take(keep));
        Assert.Equal(Oracle.Mark(values.Length, expected), ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score]);
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
