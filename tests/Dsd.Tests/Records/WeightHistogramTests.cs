using Dsd.Records;
using FsCheck.Xunit;

namespace Dsd.Tests.Records;

public sealed class WeightHistogramTests
{
    [Fact]
    public void Of_FewValues_PutsEachInItsBin()
    {
        var histogram = WeightHistogram.Of("w", [-1f, -0.001f, 0f, 0.001f, 1f, float.NaN, float.NegativeInfinity]);
        Assert.Equal(1, histogram.Range);
        Assert.Equal((1L, 2L), (histogram.Zeros, histogram.NotFinite));
        Assert.Equal((1L, 2L, 1L), (histogram.Counts[0], histogram.Counts[50], histogram.Counts[100]));
        Assert.Equal((-1.0, 1.0), (histogram.Edge(0), histogram.Edge(101)));
    }

    [Fact]
    public void Of_NothingOrOnlyZeros_IsEmpty()
    {
        Assert.Equal(0, WeightHistogram.Of("w", []).Counts.Sum());
        Assert.Equal(3, WeightHistogram.Of("w", [0f, -0f, 0f]).Zeros);
    }

    [Property]
    public void Of_AnyFloats_CountsEachOnce(float[] values)
    {
        var histogram = WeightHistogram.Of("w", values);
        Assert.Equal(values.Length, histogram.Counts.Sum() + histogram.Zeros + histogram.NotFinite);
    }
}
