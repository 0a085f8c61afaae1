using Dsd.Schedules;
using Dsd.Testing;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public class SparsityCurveTests
{
    [Theory]
    [InlineData(nameof(CurveShape.Linear), 0, 0.8, new[] { 0, 0.2, 0.4, 0.6, 0.8 })]
    [InlineData(nameof(CurveShape.Linear), 0.8, 0.2, new[] { 0.8, 0.6, 0.4, 0.2 })]
    [InlineData(nameof(CurveShape.Linear), 0.1, 0.7, new[] { 0.1, 0.7 })]
    [InlineData(nameof(CurveShape.Linear), 0.1, 0.7, new[] { 0.7 })]
    [InlineData(nameof(CurveShape.Cubic), 0, 0.8, new[] { 0, 0.4625, 0.7, 0.7875, 0.8 })]
    [InlineData(nameof(CurveShape.Cubic), 0.9, 0.1, new[] { 0.9, 0.2, 0.1 })]
    [InlineData(nameof(CurveShape.Cubic), 0, 0.9, new[] { 0.9 })]
    [InlineData(nameof(CurveShape.Constant), 0.3, 0.3, new[] { 0.3, 0.3, 0.3 })]
    public void At_EveryUpdate_FollowsTheShape(string shape, double from, double to, double[] expected)
    {
        var curve = shape switch
        {
            nameof(CurveShape.Linear) => SparsityCurve.Linear(from, to),
            nameof(CurveShape.Cubic) => SparsityCurve.Cubic(from, to),
            _ => SparsityCurve.Constant(to),
        };
        for (var update = 0; update < expected.Length; update++)
        {
            Assert.Equal(expected[update], curve.At(update, expected.Length).Value, precision: 12);
        }
    }

    // In binary 0.7 + (0.1 − 0.7) is 0.09999999999999998.
    [Theory]
    [InlineData(0.1, 0.7)]
    [InlineData(0.7, 0.1)]
    [InlineData(0.0, 0.95)]
    [InlineData(0.3, 0.3)]
    [InlineData(0.9999999999999999, 1e-17)]
    public void At_BothEnds_AreExact(double from, double to)
    {
        Assert.All(new[] { SparsityCurve.Linear(from, to), SparsityCurve.Cubic(from, to) }, curve =>
        {
            Assert.Equal(new Sparsity(from), curve.At(0, 7));
            Assert.Equal(new Sparsity(to), curve.At(6, 7));
        });
    }

    [Theory]
    [InlineData(-1, 3)]
    [InlineData(3, 3)]
    [InlineData(0, 0)]
    public void At_NoSuchUpdate_IsRefused(long update, long updates) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SparsityCurve.Linear(0, 0.5).At(update, updates));

    [Property]
    public bool At_AnyCurve_MovesOneWayAndLands(SparsityCurve curve, byte more)
    {
        var updates = more + 1L;
        var levels = Enumerable.Range(0, (int)updates).Select(u => curve.At(u, updates)).ToList();
        var up = curve.From <= curve.To;
        return levels[^1] == curve.To
            && (updates == 1 || levels[0] == curve.From)
            && levels.Zip(levels.Skip(1)).All(p => up ? p.First <= p.Second : p.First >= p.Second);
    }

    [Property]
    public bool WithTarget_AnyCurve_LandsThere(SparsityCurve curve, Sparsity target, byte more)
    {
        var moved = curve.WithTarget(target);
        return moved.Shape == curve.Shape && moved.At(more, more + 1L) == target && (curve.Shape == CurveShape.Constant || moved.From == curve.From);
    }

    [Fact]
    public void IsDense_OnlyWhereBothEndsAre()
    {
        Assert.True(SparsityCurve.Dense.IsDense);
        Assert.True(SparsityCurve.Linear(0, 0).IsDense);
        Assert.False(SparsityCurve.Linear(0, 0.5).IsDense);
        Assert.False(SparsityCurve.Cubic(0.5, 0).IsDense);
    }

    [Fact]
    public void ToString_AnyCulture_UsesAPoint()
    {
        Assert.Equal("0.3", Cultures.In(Cultures.Comma, SparsityCurve.Constant(0.3).ToString));
        Assert.Equal("0 → 0.9 (cubic)", Cultures.In(Cultures.Comma, SparsityCurve.Cubic(0, 0.9).ToString));
        Assert.Equal("0.5 → 0.25 (linear)", Cultures.In(Cultures.Comma, SparsityCurve.Linear(0.5, 0.25).ToString));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void New_OutOfRange_IsRefused(double value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SparsityCurve.Constant(value));
        Assert.Throws<ArgumentOutOfRangeException>(() => SparsityCurve.Linear(value, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => SparsityCurve.Cubic(0.5, value));
    }
}
