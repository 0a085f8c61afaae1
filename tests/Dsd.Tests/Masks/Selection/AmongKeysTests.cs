using Dsd.Masks;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Selection;

/// <summary>The highest of some of a tensor's weights.</summary>
public sealed class AmongKeysTests
{
    private static readonly ScalarType[] s_types = [ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16];

    [Property(MaxTest = 300)]
    public void Top_AmongSome_IsAStableSortOfThem(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "among");
        var count = 1 + random.Below(0, random.Below(1, 10) == 0 ? 70_000 : 400);
        var some = Enumerable.Range(0, count).Where(i => i == 0 || random.Below(1000 + i, 3) == 0).ToList();
        var keep = 1 + random.Below(2, some.Count);
        var kind = random.Below(3, 3);
        var draws = CounterRandom.For(seed, "draws");

        // What is not chosen from may be anything, higher and NaN too.
        float[] others = [9, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        var isSome = some.ToHashSet();
        var values = Enumerable.Range(0, count).Select(i => isSome.Contains(i) ? (random.Below(200_000 + i, 9) - 4) / 2f : others[random.Below(200_000 + i, 4)]).ToArray();
        var score = kind == 2
            ? new WeightScores("w", "has", null, draws, false, count)
            : new WeightScores("w", "has", tensor(values).to(s_types[random.Below(4, 4)]), null, kind == 0, count);
        double Rank(int i) => kind == 2 ? draws.Bits(i) >> 32 : kind == 1 ? values[i] : Math.Abs(values[i]);
        Assert.Equal(Oracle.Mark(count, some.OrderByDescending(Rank).Take(keep)), MaskContext.Top(score, keep, Oracle.Mark(count, some)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Top_OneOfThemIsNotFinite_IsRefused(float wrong)
    {
        using var scope = NewDisposeScope();
        foreach (var type in s_types)
        {
            foreach (var place in new[] { 3, 130 })
            {
                foreach (var isMagnitude in new[] { true, false })
                {
                    var values = Enumerable.Repeat(1f, 140).ToArray();
                    values[place] = wrong;
                    var score = new WeightScores("w", "has", tensor(values).to(type), null, isMagnitude, 140);
                    Assert.ThrowsAny<DsdException>(() => MaskContext.Top(score, 2, Oracle.Mark(140, [1, 2, place])));
                }
            }
        }
    }
}
