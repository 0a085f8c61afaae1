using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Xunit;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

/// <summary>Selection among so many weights that a sample guesses and several blocks and threads share the work.</summary>
[Trait("Tier", "slow")]
public sealed class LargeSelectionTests
{
    private const int Block = SelectionBlock<MagnitudeKeys<uint>, uint>.Size;

    [Property(MaxTest = 40)]
    public void Choose_ManyWeightsOfAnyType_AgreesWithASortOnAnyNumberOfThreads(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "case");
        var values = Draw(seed, 1 + random.Below(0, random.Below(1, 3) == 0 ? 300 : 3 * Block));
        var type = new[] { ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float32, ScalarType.Float64 }[random.Below(2, 4)];
        var weight = tensor(values).to(type);
        var exact = weight.to(float64).data<double>().ToArray();
        var keep = random.Below(3, 8) switch { 0 => 0, 1 => 1, 2 => values.Length, _ => random.Below(4, values.Length + 1) };
        var expected = Oracle.Sorted([exact], keep, atLeastOneEach: false)[0];
        foreach (var threads in new[] { 1, 2, 3 })
        {
            Assert.Equal(expected, On(threads, () => Choose(weight, keep)));
        }
    }

    [Property(MaxTest = 40)]
    public void ChooseAcross_PoolsOfAnyTypes_AgreeWithASortAndKeepOneEach(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "pool");
        ScalarType[] types = [ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float32, ScalarType.Float64];
        var only = random.Below(0, 2) == 0 ? types[random.Below(1, 4)] : (ScalarType?)null;
        var weights = Enumerable.Range(0, 2 + random.Below(2, 4)).Select(t =>
        {
            // Layers of very different magnitude: without the rule some of them would keep nothing.
            var values = Draw(seed + t, random.Below(10 + t, 6) switch { 0 => 0, 1 => 1, 2 => 64, _ => random.Below(20 + t, 2 * Block) });
            var scale = random.Below(30 + t, 3) switch { 0 => 1e-4f, 1 => 1f, _ => 1e3f };
            return tensor(Array.ConvertAll(values, v => v * scale)).to(only ?? types[random.Below(40 + t, 4)]);
        }).ToArray();
        var exact = Array.ConvertAll(weights, w => w.to(float64).data<double>().ToArray());
        var total = exact.Sum(v => v.Length);
        var keep = Math.Min(total, random.Below(3, 4) == 0 ? weights.Length + random.Below(4, 3) : random.Below(5, total + 1));
        foreach (var atLeastOneEach in new[] { false, true })
        {
            var expected = Oracle.Sorted(exact, keep, atLeastOneEach);
            Assert.Equal(expected, On(1, () => ChooseMixed(weights, keep, atLeastOneEach)));
            Assert.Equal(expected, On(3, () => ChooseMixed(weights, keep, atLeastOneEach)));
        }
    }

    [Property(MaxTest = 40)]
    public unsafe void Choose_SignedScores_AgreeWithASort(int seed)
    {
        var values = Draw(seed, 1 + CounterRandom.For(seed, "count").Below(0, 2 * Block));
        var scores = Array.ConvertAll(values, v => (double)v);
        var keep = CounterRandom.For(seed, "keep").Below(0, values.Length + 1);
        var expected = Oracle.Mark(values.Length, Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).Take(keep));
        fixed (float* v = values)
        {
            Assert.Equal(expected, TopSelection.Choose<ScoreKeys<uint>, uint>(new((uint*)v, values.Length, WeightBits.Highest32), keep));
        }

        fixed (double* s = scores)
        {
            Assert.Equal(expected, TopSelection.Choose<ScoreKeys<ulong>, ulong>(new((ulong*)s, scores.Length, WeightBits.Highest64), keep));
        }
    }

    [Property(MaxTest = 20)]
    public void Choose_AtRandom_AgreesWithASortOfTheNumbers(int seed)
    {
        var count = 1 + CounterRandom.For(seed, "count").Below(0, 2 * Block);
        var random = CounterRandom.For(seed, "w");
        var keep = count / 3;
        var expected = Oracle.Mark(count, Enumerable.Range(0, count).OrderByDescending(i => random.Bits(i) >> 32).Take(keep));
        Assert.Equal(expected, TopSelection.Choose<RandomKeys, uint>(new(random, count), keep));
    }

    [Fact]
    public void Choose_SeveralLayersTooLargeForOneThread_ChoosesAsForEachAlone()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var large = (KeyRank.ChunksAPart * Block) + 1;

        // The second needs more room for what it gathers than the first, the others less.
        var layers = new[] { large, 2L * large, 1000, large + 7 }.Select(n => new WeightScores("w", "holds", randn(n), null, true, n)).ToArray();
        var groups = Array.ConvertAll(layers, l => new ScoreGroup([l], l.Count / 3, false));
        var masks = new Dictionary<WeightScores, BitMask>(ReferenceEqualityComparer.Instance);

        On(2, () =>
        {
            ScoreGroup.Choose(groups[0].Format, groups, masks);
            return true;
        });

        Assert.All(layers, l => Assert.Equal(Choose(l.Values!, l.Count / 3), masks[l]));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public void Choose_EqualWeights_KeepsTheFirst(double value)
    {
        using var weight = full(100_001, value);
        foreach (var keep in new[] { 0, 1, 63, 64, 65, Block - 1, Block, Block + 1, 70_000, 100_000, 100_001 })
        {
            Assert.Equal(Oracle.Mark(100_001, Enumerable.Range(0, keep)), On(2, () => Choose(weight, keep)));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Choose_OneWeightIsNotFinite_IsRefusedInAnyTypeAndPlace(float wrong)
    {
        foreach (var type in new[] { ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float32, ScalarType.Float64 })
        {
            foreach (var place in new[] { 0, 5, Block - 1, Block, 40_000, 40_002 })
            {
                using var scope = NewDisposeScope();
                var values = full(40_003, 1f, type);
                values[place] = wrong;
                var weight = new MaskContext("fc1.weight", new Parameter(values));
                var message = Assert.ThrowsAny<DsdException>(() => MaskSet.Choose(weight, new Sparsity(0.5))).Message;
                Assert.StartsWith("fc1.weight holds values that are NaN or infinite, so its weights cannot be ranked. Look at where the weights come from", message, StringComparison.Ordinal);
                message = Assert.Throws<DsdException>(() => MaskSet.Choose(weight, new Sparsity(0.5), w => w.Weight.neg())).Message;
                Assert.Equal("fc1.weight has, by the score function 'score', values that are NaN or infinite, so its weights cannot be ranked. The function must give a finite score for every weight.", message);
            }
        }
    }

    private static T On<T>(int threads, Func<T> choose)
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            return choose();
        }
        finally
        {
            set_num_threads(before);
        }
    }

    private static BitMask Choose(Tensor weight, long keep) => ChooseMixed([weight], keep, false)[0];

    private static BitMask[] ChooseMixed(Tensor[] weights, long keep, bool atLeastOneEach)
    {
        var scores = Array.ConvertAll(weights, w => new WeightScores("w", "holds", w, null, true, w.numel()));
        var masks = new Dictionary<WeightScores, BitMask>(ReferenceEqualityComparer.Instance);
        var group = new ScoreGroup(scores, keep, atLeastOneEach);
        ScoreGroup.Choose(group.Format, [group], masks);
        return Array.ConvertAll(scores, s => masks[s]);
    }

    /// <summary>Normal numbers, or few different ones, or mostly zeros of both signs, or denormals; sometimes in order.</summary>
    private static float[] Draw(int seed, int count)
    {
        var random = CounterRandom.For(seed, "draw");
        var kind = random.Below(0, 5);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var normal = (float)random.Normal(i + 10);
            values[i] = kind switch
            {
                0 => normal,
                1 => MathF.Round(normal * 2),
                2 => normal < 0.5f ? (normal < 0 ? -0f : 0f) : normal,
                3 => normal * 1e-7f,
                _ => normal * 1e-40f,
            };
        }

        if (random.Below(1, 4) == 0)
        {
            Array.Sort(values);
        }

        return values;
    }
}
