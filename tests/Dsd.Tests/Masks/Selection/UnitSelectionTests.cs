using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Selection;

/// <summary>Units of several weights, ranked by a norm.</summary>
public sealed class UnitSelectionTests
{
    private static readonly ScalarType[] s_types = [ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16];

    [Property(MaxTest = 400)]
    public void Choose_BlocksRowsColumnsAndChannels_AreThoseOfTheHighestNorms(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "units");
        int Draw(int counter, int bound) => random.Below(counter, bound);
        var (height, width) = (1 + Draw(0, 5), 1 + Draw(1, Draw(2, 3) == 0 ? 90 : 5));
        var norm = (UnitNorm)Draw(3, 3);
        var isPadded = Draw(4, 2) == 0;
        MaskPattern[] patterns = [MaskPattern.Block(height, width, norm, isPadded), MaskPattern.Block(height, width, norm, isPadded), MaskPattern.Row(norm), MaskPattern.Filter(norm), MaskPattern.Column(norm), MaskPattern.Channel(norm)];
        var which = Draw(5, patterns.Length);
        long[] dims = which > 1 || isPadded
            ? [1 + Draw(6, 12), 1 + Draw(7, 30), 1 + Draw(8, 4), 1 + Draw(9, 4)]
            : [height * (1 + Draw(6, 4)), width * (1 + Draw(7, 40))];
        var (count, columns) = ((int)dims.Aggregate((a, b) => a * b), (int)dims.Skip(1).Aggregate((a, b) => a * b));
        var kernel = dims.Skip(2).Aggregate(1, (a, b) => a * (int)b);
        var values = Enumerable.Range(0, count).Select(i => (Draw(100 + i, 7) - 3) / 2f).ToArray();
        var isMagnitude = Draw(10, 2) == 0;
        var sparsity = new Sparsity(Draw(11, 100) / 100.0);
        var score = new WeightScores("w", "has", tensor(values, dims).to(s_types[Draw(12, 4)]), null, isMagnitude, count);
        Assert.Null(patterns[which].BuiltIn!.Refuse([.. dims], sparsity));
        var groups = patterns[which].BuiltIn!.Divide([.. dims], sparsity);
        Assert.Equal(count, groups.Weights);

        var mask = ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score];

        // Each weight's unit, by its row and column in the matrix.
        var blocks = (columns + width - 1) / width;
        int Unit(int i) => which switch
        {
            <= 1 => (i / columns / height * blocks) + (i % columns / width),
            <= 3 => i / columns,
            4 => i % columns,
            _ => i % columns / kernel,
        };
        double Norm(IEnumerable<int> unit)
        {
            var scores = unit.Select(i => (double)(isMagnitude ? Math.Abs(values[i]) : values[i])).ToList();
            return norm switch { UnitNorm.L1 => scores.Sum(), UnitNorm.L2 => scores.Sum(s => s * Math.Abs(s)), _ => scores.Max() };
        }

        var units = Enumerable.Range(0, count).GroupBy(Unit).OrderBy(u => u.Key).Select(u => u.ToArray()).ToList();
        var kept = units.Where(u => u.All(i => mask[i])).ToList();
        Assert.Equal(sparsity.Kept(units.Count), kept.Count);
        Assert.Equal(groups.Kept, mask.Kept);
        Assert.Equal(groups.Kept, kept.Sum(u => (long)u.Length));
        Assert.True(mask.Satisfies(patterns[which], dims));
        Assert.True(mask.Obeys(groups));

        // Smaller units at an edge are ranked among those of their shape.
        foreach (var shape in units.GroupBy(u => (u.Length, u.Max(i => i % columns) - u.Min(i => i % columns))))
        {
            var best = shape.OrderByDescending(Norm).Take(shape.Count(u => mask[u[0]])).ToHashSet();
            Assert.All(shape, u => Assert.Equal(best.Contains(u), mask[u[0]]));
            Assert.InRange(best.Count - ((1 - sparsity.Value) * shape.Count()), -1.5, 1.5);
        }
    }

    /// <summary>Units that only a function describes, several in each of several groups.</summary>
    [Property(MaxTest = 100)]
    public void Choose_UnitsOfAFunction_AreThoseOfTheHighestNormsInEachGroup(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "function");
        var (groups, size, unit) = (1 + random.Below(0, 4), 1 + random.Below(1, 50), 2 + random.Below(2, 5));
        var keep = 1 + random.Below(3, size);
        var count = groups * size * unit;
        var values = Enumerable.Range(0, count).Select(i => (random.Below(100 + i, 9) - 4) / 2f).ToArray();

        // Weights of a group lie far apart; a last weight alone is a group of its own.
        int At(long group, long place) => (int)((place * groups) + group);
        var pattern = new PatternGroups(groups, size, keep, (group, place) => At(group, place), unit, UnitNorm.L1).And(new(1, 1, 1, (_, _) => count));
        var score = new WeightScores("w", "has", tensor([.. values, 0f]), null, true, count + 1);
        var mask = ScoreGroup.Rank([new([score], pattern.Kept, false, pattern)])[score];
        var expected = Enumerable.Range(0, groups).SelectMany(g => Enumerable.Range(0, size)
            .OrderByDescending(u => Enumerable.Range(0, unit).Sum(p => Math.Abs(values[At(g, (u * unit) + p)]))).Take(keep)
            .SelectMany(u => Enumerable.Range(0, unit).Select(p => At(g, (u * unit) + p))));
        Assert.Equal(Oracle.Mark(count + 1, expected.Append(count)), mask);
        Assert.Equal((groups * keep * unit) + 1, pattern.Kept);
        Assert.True(mask.Obeys(pattern));
    }

    [Fact]
    public void Choose_LargeMatrixOverThreads_IsThatOfTorch()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var values = randint(-8, 9, [600, 5000]).to(float32);
        foreach (var (pattern, norms) in new (MaskPattern, Tensor)[]
        {
            (MaskPattern.Row(UnitNorm.L1), values.abs().sum(1, keepdim: true).expand(600, 5000)),
            (MaskPattern.Column(), values.square().sum(0, keepdim: true).expand(600, 5000)),
            (MaskPattern.Block(4, 8), values.square().view(150, 4, 625, 8).sum([1, 3], keepdim: true).expand(150, 4, 625, 8).reshape(600, 5000)),
        })
        {
            var groups = pattern.BuiltIn!.Divide([600, 5000], new Sparsity(0.75));
            var score = new WeightScores("w", "has", values, null, true, values.numel());
            var mask = ScoreGroup.Rank([new([score], groups.Kept, false, groups)])[score].ToTensor(600, 5000);
            Assert.Equal(groups.Kept, mask.sum().item<long>());

            // Every kept unit ranks at least as high as every pruned one.
            Assert.True(norms.masked_select(mask).min().item<float>() >= norms.masked_select(mask.logical_not()).max().item<float>(), pattern.ToString());
        }
    }

    /// <summary>Values whose squares, or whose sums, no double holds.</summary>
    [Theory]
    [InlineData(1e200)]
    [InlineData(1.7e308)]
    [InlineData(1e-200)]
    [InlineData(5e-324)]
    public void Choose_DoublesOfAnySize_AreRanked(double size)
    {
        using var scope = NewDisposeScope();
        foreach (var norm in Enum.GetValues<UnitNorm>())
        {
            var groups = MaskPattern.Row(norm).BuiltIn!.Divide([3, 2], new Sparsity(0.67));
            var score = new WeightScores("w", "has", tensor([0.0, 0, size, size, 0, 0], [3, 2]), null, true, 6);
            Assert.Equal(Oracle.Mark(6, [2, 3]), ScoreGroup.Rank([new([score], 2, false, groups)])[score]);
        }
    }

    [Fact]
    public void Choose_AtRandom_KeepsEachUnitAboutAsOften()
    {
        var times = new int[10];
        for (var seed = 0; seed < 400; seed++)
        {
            var groups = MaskPattern.Row().BuiltIn!.Divide([10, 7], new Sparsity(0.5));
            var score = new WeightScores("w", "has", null, CounterRandom.For(seed, "w"), false, 70);
            var mask = ScoreGroup.Rank([new([score], 35, false, groups)])[score];
            Assert.True(mask.Satisfies(MaskPattern.Row(), [10, 7]));
            Enumerable.Range(0, 10).ToList().ForEach(i => times[i] += mask[i * 7] ? 1 : 0);
        }

        // 200 each on average, standard deviation 10; six of them on either side.
        Assert.All(times, t => Assert.InRange(t, 140, 260));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(-1)]
    public void Choose_AUnitWithAnIndexOutside_IsRefused(long index)
    {
        using var scope = NewDisposeScope();
        var groups = new PatternGroups(1, 6, 3, (_, place) => place == 7 ? index : place, 2);
        var score = new WeightScores("fc.weight", "holds", ones(12), null, true, 12);
        Assert.Contains($"puts the index {index} in group 0, place 7 of fc.weight", Assert.Throws<DsdException>(() => ScoreGroup.Rank([new([score], 6, false, groups)])).Message, StringComparison.Ordinal);
    }
}
