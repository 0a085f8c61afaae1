using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Testing;
using FsCheck.Xunit;

namespace Dsd.Tests.Plans;

[Properties(Arbitrary = [typeof(Generators)])]
public class ModelShapeTests
{
    [Fact]
    public void Builders_LeNet5_GiveItsParametersInOrder()
    {
        var shape = Shapes.LeNet5;

        Assert.Equal(
            ["conv1.weight 20×1×5×5", "conv1.bias 20", "conv2.weight 50×20×5×5", "conv2.bias 50", "fc1.weight 500×800", "fc1.bias 500", "fc2.weight 10×500", "fc2.bias 10"],
            shape.Parameters.Select(p => $"{p.Name} {p.DimsText}"));
        Assert.Equal(431_080, shape.Count);
        Assert.Equal([false, true, false, true, false, true, false, true], shape.Parameters.Select(p => p.IsBias));
    }

    [Fact]
    public void Builders_NoBias_LeaveItOut() =>
        Assert.Equal(["conv.weight", "bn.weight", "bn.bias", "fc.weight"], ModelShape.Empty
            .Convolution("conv", 3, 4, 3, bias: false).BatchNorm("bn", 4).Linear("fc", 4, 2, bias: false).Parameters.Select(p => p.Name));

    [Theory]
    [InlineData("fc1.weight", "fc1")]
    [InlineData("layer1.0.conv1.weight", "layer1.0.conv1")]
    [InlineData("scale", "scale")]
    public void Layer_AnyName_IsUpToTheLastDot(string name, string layer) => Assert.Equal(layer, Weight(name, 3).Layer);

    [Theory]
    [InlineData(new long[0], 1, "scalar")]
    [InlineData(new long[] { 5 }, 5, "5")]
    [InlineData(new long[] { 2, 3, 4 }, 24, "2×3×4")]
    [InlineData(new long[] { 2, 0 }, 0, "2×0")]
    [InlineData(new long[] { 1L << 31, 1L << 31 }, 1L << 62, "2147483648×2147483648")]
    public void Count_ByTable_IsTheProduct(long[] dims, long count, string text)
    {
        var parameter = Weight("w", dims);
        Assert.Equal((count, text), (parameter.Count, Cultures.In(Cultures.Comma, () => parameter.DimsText)));
    }

    [Fact]
    public void New_BadParameters_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => Weight(" ", 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Weight("w", -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Weight("w", long.MaxValue, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ParameterShape("w", (LayerKind)99, false, [3]));
    }

    [Fact]
    public void New_ANameTwice_IsRefusedByName() =>
        Assert.Contains("'fc.weight'", Assert.Throws<ArgumentException>(() => ModelShape.Empty.Linear("fc", 1, 1).Linear("fc", 1, 1)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("b", new long[] { 3 })] // is not there
    [InlineData("c", new long[] { 3 })] // is itself
    [InlineData("a", new long[] { 4 })] // has other dimensions
    [InlineData("shared", new long[] { 3 })] // is itself shared
    public void New_SharedWithWhatCannotBe_IsRefused(string with, long[] dims)
    {
        var shape = ModelShape.Empty.With(Weight("a", 3), new ParameterShape("shared", LayerKind.Linear, false, [3], "a"));

        var error = Assert.Throws<ArgumentException>(() => shape.With(new ParameterShape("c", LayerKind.Linear, false, dims.ToValueList(), with)));
        Assert.Contains($"'c' ({dims[0]}) is declared as shared with '{with}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Count_SharedParameters_AreCountedOnce() =>
        Assert.Equal(12 + 4, ModelShape.Empty.Linear("fc", 3, 4).With(new ParameterShape("head.weight", LayerKind.Linear, false, [4, 3], "fc.weight")).Count);

    [Fact]
    public void Fingerprint_OneThingChanged_Differs()
    {
        ModelShape[] shapes =
        [
            ModelShape.Empty,
            ModelShape.Empty.Linear("fc", 3, 4),
            ModelShape.Empty.Linear("fd", 3, 4),
            ModelShape.Empty.Linear("fc", 4, 3),
            ModelShape.Empty.Linear("fc", 3, 4, bias: false),
            ModelShape.Empty.With(Weight("a", 3), Weight("b", 3)),
            ModelShape.Empty.With(Weight("a", 3), new ParameterShape("b", LayerKind.Linear, false, [3], "a")),
            ModelShape.Empty.With(Weight("a", 3), new ParameterShape("b", LayerKind.Other, false, [3])),
            ModelShape.Empty.With(Weight("a", 3), new ParameterShape("b", LayerKind.Linear, true, [3])),
            ModelShape.Empty.With(Weight("b", 3), Weight("a", 3)),
            ModelShape.Empty.With(Weight("a|Linear|False|3|\nb", 3)),
        ];

        Assert.Equal(shapes.Length, shapes.Select(s => s.Fingerprint).Distinct().Count());
        Assert.All(shapes, s => Assert.Matches("^[0-9a-f]{64}$", s.Fingerprint));
    }

    [Fact]
    public void Fingerprint_LeNet5_StaysWhatItIs() =>
        // Records hold it: a change breaks the resuming of older runs.
        Assert.Equal("fdbc755c77f10a232042c4ec3cf01a39758fc58c7a902f7232987c86bf3cd080", Cultures.In(Cultures.Comma, () => Shapes.LeNet5.Fingerprint));

    [Property]
    public bool Fingerprint_TwoShapes_AgreesWithEquality(ModelShape a, ModelShape b)
    {
        var copy = new ModelShape(a.Parameters.Select(p => new ParameterShape(p.Name, p.Kind, p.IsBias, p.Dims.ToValueList(), p.SharedWith)).ToValueList());
        return a == copy && a.GetHashCode() == copy.GetHashCode() && a.Fingerprint == copy.Fingerprint && (a == b) == (a.Fingerprint == b.Fingerprint);
    }

    private static ParameterShape Weight(string name, params long[] dims) => new(name, LayerKind.Linear, false, dims.ToValueList());
}
