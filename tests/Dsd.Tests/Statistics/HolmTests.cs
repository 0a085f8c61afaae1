using Dsd.Statistics;
using FsCheck.Xunit;

namespace Dsd.Tests.Statistics;

public class HolmTests
{
    // As R's p.adjust(…, "holm") gives them.
    [Theory]
    [InlineData(new[] { 0.01, 0.02, 0.03, 0.04, 0.05 }, new[] { 0.05, 0.08, 0.09, 0.09, 0.09 })]
    [InlineData(new[] { 0.05, 0.01, 0.04, 0.02, 0.03 }, new[] { 0.09, 0.05, 0.09, 0.08, 0.09 })]
    [InlineData(new[] { 0.01, 0.01, 0.01 }, new[] { 0.03, 0.03, 0.03 })]
    [InlineData(new[] { 0.6, 0.5 }, new[] { 1.0, 1.0 })]
    [InlineData(new[] { 0.04 }, new[] { 0.04 })]
    [InlineData(new[] { 0.0, 1.0 }, new[] { 0.0, 1.0 })]
    [InlineData(new double[0], new double[0])]
    public void Adjust_KnownSets_GivesThePublishedOnes(double[] raw, double[] expected)
    {
        var adjusted = Holm.Adjust(raw);

        Assert.Equal(expected.Length, adjusted.Count);
        Assert.All(expected.Zip(adjusted), p => Assert.Equal(p.First, p.Second, 1e-15));
    }

    [Property]
    public bool Adjust_AnySet_IsNoLessThanRawAndNoMoreThanBonferronis(ushort[] drawn)
    {
        var raw = drawn.Select(d => d / 65535.0).ToList();
        return raw.Zip(Holm.Adjust(raw)).All(p => p.Second >= p.First && p.Second <= Math.Min(1, p.First * raw.Count));
    }

    [Property]
    public bool Adjust_AnySet_KeepsTheOrder(ushort[] drawn)
    {
        var raw = drawn.Select(d => d / 65535.0).ToList();
        var pairs = raw.Zip(Holm.Adjust(raw)).ToList();
        return pairs.All(p => pairs.All(q => p.First > q.First || p.Second <= q.Second));
    }

    [Property]
    public bool Adjust_AnySet_IsTheSameWhereverEachStands(ushort[] drawn)
    {
        var raw = drawn.Select(d => d / 65535.0).ToList();
        return Holm.Adjust(raw.AsEnumerable().Reverse()).Reverse().SequenceEqual(Holm.Adjust(raw));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Adjust_NotAProbability_IsRefused(double p) => Assert.Throws<ArgumentOutOfRangeException>(() => Holm.Adjust([0.5, p]));
}
