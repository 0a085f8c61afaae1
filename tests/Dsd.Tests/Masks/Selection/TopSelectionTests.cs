using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Xunit;

namespace Dsd.Tests.Masks;

public sealed class TopSelectionTests
{
    [Theory]
    [InlineData("5 -4 3 -2 1", 3, "11100")]
    [InlineData("1 -2 3 -4 5", 3, "00111")]
    [InlineData("1 1 1 1 1 1 1 1 1 1", 7, "1111111000")] // 30 % of an all-ones tensor
    [InlineData("0 0 0 0", 1, "1000")]
    [InlineData("0 -0 0 1", 2, "1001")]
    [InlineData("-1 1 -1 1", 2, "1100")]
    [InlineData("2 1 2 1 2", 4, "11101")]
    [InlineData("1e-45 0 1e-45", 2, "101")] // the smallest positive number still beats zero
    [InlineData("3.4e38 -3.4e38 1", 1, "100")]
    [InlineData("7", 1, "1")]
    public void Choose_ByMagnitude_KeepsExactlySoManyAndTheLowerIndexOfEquals(string weights, int keep, string expected)
    {
        var values = weights.Split(' ').Select(w => float.Parse(w, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(expected, Show(ByMagnitude(values, keep)));
    }

    [Property(MaxTest = 200)]
    public void Choose_AnyFloats_AgreesWithASort(int seed)
    {
        var values = Values(seed);
        var keep = CounterRandom.For(seed, "keep").Below(0, values.Length) + 1;
        var best = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(values[i])).ThenBy(i => i).Take(keep).ToHashSet();
        var mask = ByMagnitude(values, keep);
        Assert.Equal(keep, mask.Kept);
        Assert.All(Enumerable.Range(0, values.Length), i => Assert.Equal(best.Contains(i), mask[i]));
    }

    [Property(MaxTest = 100)]
    public unsafe void Choose_SignedScores_AgreesWithASort(int seed)
    {
        var scores = Values(seed).Select(v => (double)v / 3).ToArray();
        var keep = CounterRandom.For(seed, "keep").Below(0, scores.Length) + 1;
        var best = Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(keep).ToHashSet();
        fixed (double* p = scores)
        {
            var mask = TopSelection.Choose<ScoreKeys<ulong>, ulong>(new((ulong*)p, scores.Length, WeightBits.Highest64), keep);
            Assert.All(Enumerable.Range(0, scores.Length), i => Assert.Equal(best.Contains(i), mask[i]));
        }
    }

    [Property(MaxTest = 100)]
    public unsafe void Choose_Doubles_TellsApartWhatFloatsCannot(int seed)
    {
        var values = Values(seed).Select((v, i) => v + (i * 1e-12)).ToArray();
        var keep = CounterRandom.For(seed, "keep").Below(0, values.Length) + 1;
        var best = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(values[i])).ThenBy(i => i).Take(keep).ToHashSet();
        fixed (double* p = values)
        {
            var mask = TopSelection.Choose<MagnitudeKeys<ulong>, ulong>(new((ulong*)p, values.Length, WeightBits.Highest64), keep);
            Assert.All(Enumerable.Range(0, values.Length), i => Assert.Equal(best.Contains(i), mask[i]));
        }
    }

    [Property(MaxTest = 100)]
    public void Choose_WeightsMovedAbout_KeepsTheSameWeights(int seed)
    {
        var values = Distinct(seed);
        var order = CounterRandom.For(seed, "order").Permutation(values.Length);
        var keep = Math.Max(1, values.Length / 2);
        var (straight, moved) = (ByMagnitude(values, keep), ByMagnitude([.. order.Select(i => values[i])], keep));
        Assert.All(Enumerable.Range(0, values.Length), i => Assert.Equal(straight[order[i]], moved[i]));
    }

    [Property(MaxTest = 100)]
    public void Choose_WeightsScaled_KeepsTheSameWeights(int seed)
    {
        var values = Values(seed);
        var keep = Math.Max(1, values.Length / 3);
        Assert.Equal(ByMagnitude(values, keep), ByMagnitude([.. values.Select(v => v * 0.25f)], keep));
        Assert.Equal(ByMagnitude(values, keep), ByMagnitude([.. values.Select(v => v * -8f)], keep));
    }

    [Property(MaxTest = 100)]
    public void Choose_SparsityRises_MasksAreNested(int seed)
    {
        var values = Values(seed);
        var before = BitMask.All(values.Length);
        foreach (var sparsity in new[] { 0.1, 0.3, 0.5, 0.9, 0.99 })
        {
            var mask = ByMagnitude(values, new Sparsity(sparsity).Kept(values.Length));
            Assert.Equal(0, mask.CountKeptOnlyHere(before));
            before = mask;
        }
    }

    [Property(MaxTest = 100)]
    public void Choose_OnWhatItHasMasked_ChoosesTheSameAgain(int seed)
    {
        // A mask that is chosen again must not accumulate to nothing.
        var values = Values(seed);
        var keep = new Sparsity(0.4).Kept(values.Length);
        var mask = ByMagnitude(values, keep);
        for (var i = 0; i < 5; i++)
        {
            values = [.. values.Select((v, j) => mask[j] ? v : 0)];
            var again = ByMagnitude(values, keep);
            Assert.Equal(keep, again.Kept);
            Assert.All(Enumerable.Range(0, values.Length), j => Assert.True(!mask[j] || again[j] || values[j] == 0));
            mask = again;
        }
    }

    [Property(MaxTest = 100)]
    public unsafe void ChooseAcross_SeveralTensors_AgreesWithOneSortOverAll(int seed)
    {
        var tensors = Enumerable.Range(0, 3).Select(t => Values(seed + t)).ToArray();
        var all = tensors.SelectMany((values, t) => values.Select((v, i) => (Value: Math.Abs(v), Tensor: t, Index: i))).ToList();
        var keep = CounterRandom.For(seed, "keep").Below(0, all.Count) + 1;
        var best = all.OrderByDescending(w => w.Value).ThenBy(w => w.Tensor).ThenBy(w => w.Index).Take(keep).Select(w => (w.Tensor, w.Index)).ToHashSet();
        fixed (float* a = tensors[0], b = tensors[1], c = tensors[2])
        {
            MagnitudeKeys<uint>[] keys = [Keys(a, tensors[0].Length), Keys(b, tensors[1].Length), Keys(c, tensors[2].Length)];
            var masks = TopSelection.ChooseAcross<MagnitudeKeys<uint>, uint>(keys, keep, atLeastOneEach: false);
            Assert.All(all, w => Assert.Equal(best.Contains((w.Tensor, w.Index)), masks[w.Tensor][w.Index]));
        }
    }

    [Fact]
    public unsafe void ChooseAcross_OneTensorIsTiny_StillKeepsItsHighest()
    {
        float[] small = [0.01f, 0.03f, 0.02f], large = [1, 2, 3, 4, 5, 6];
        fixed (float* s = small, l = large)
        {
            MagnitudeKeys<uint>[] keys = [Keys(s, small.Length), Keys(l, large.Length)];
            var masks = TopSelection.ChooseAcross<MagnitudeKeys<uint>, uint>(keys, 4, atLeastOneEach: true);
            Assert.Equal("010", Show(masks[0]));
            Assert.Equal("000111", Show(masks[1]));
        }
    }

    [Fact]
    public void Choose_AtRandom_IsTheSameForTheSameSeedAndNestedAsSparsityRises()
    {
        RandomKeys Keys(long seed) => new(CounterRandom.For(seed, "fc1.weight"), 1000);
        var half = TopSelection.Choose<RandomKeys, uint>(Keys(1), 500);
        Assert.Equal(500, half.Kept);
        Assert.Equal(half, TopSelection.Choose<RandomKeys, uint>(Keys(1), 500));
        Assert.NotEqual(half, TopSelection.Choose<RandomKeys, uint>(Keys(2), 500));
        Assert.Equal(0, TopSelection.Choose<RandomKeys, uint>(Keys(1), 100).CountKeptOnlyHere(half));
        Assert.InRange(Enumerable.Range(0, 500).Count(i => half[i]), 200, 300);
    }

    private static unsafe BitMask ByMagnitude(float[] values, long keep)
    {
        fixed (float* p = values)
        {
            return TopSelection.Choose<MagnitudeKeys<uint>, uint>(Keys(p, values.Length), keep);
        }
    }

    private static unsafe MagnitudeKeys<uint> Keys(float* values, int count) => new((uint*)values, count, WeightBits.Highest32);

    private static string Show(BitMask mask) => string.Concat(Enumerable.Range(0, (int)mask.Count).Select(i => mask[i] ? '1' : '0'));

    /// <summary>Up to 300 values with many ties, zeros of both signs, and tiny and huge ones.</summary>
    private static float[] Values(int seed)
    {
        var random = CounterRandom.For(seed, "values");
        float[] few = [0, -0f, 1, -1, 0.5f, 1e-40f, -1e30f, 3];
        return [.. Enumerable.Range(0, random.Below(0, 300) + 1).Select(i => random.Below((2 * i) + 1, 2) == 0
            ? few[random.Below((2 * i) + 2, few.Length)]
            : (float)random.Normal(i + 1000))];
    }

    private static float[] Distinct(int seed)
    {
        var random = CounterRandom.For(seed, "distinct");
        var count = random.Below(0, 200) + 1;
        return [.. random.Permutation(count).Select((v, i) => (v + 1) * (random.Below(i + 1, 2) == 0 ? 0.125f : -0.125f))];
    }
}
