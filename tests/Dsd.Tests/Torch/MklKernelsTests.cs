using Dsd.Torch;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Torch;

public sealed class MklKernelsTests
{
    [Property(MaxTest = 200)]
    public Property Product_OfAnyShape_AgreesWithDoublePrecision()
    {
        var size = Gen.OneOf(Gen.Choose(1, 9), Gen.Elements(16, 31, 48, 64, 100, 257));
        return Prop.ForAll(
            Gen.Zip(Gen.Zip(size, size), Gen.Zip(size, Gen.Elements(false, true))).ToArbitrary(),
            sizes =>
            {
                using var scope = NewDisposeScope();
                var ((rows, inner), (columns, isTurned)) = sizes;
                var a = isTurned ? randn(inner, rows).t() : randn(rows, inner);
                var (b, c) = (randn(columns, inner), randn(columns));
                var got = nn.functional.linear(a, b, c).to(float64);
                var exact = nn.functional.linear(a.to(float64), b.to(float64), c.to(float64));
                var size = a.abs().to(float64).mm(b.t().abs().to(float64)) + c.abs();
                var error = ((got - exact).abs() / size).max().item<double>();
                return (error <= (inner + 1) * Math.Pow(2, -24)).Label($"error {error}");
            });
    }

    [Fact]
    public void Widen_OnceTheKernelsAreChosen_ChangesNothing()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(33, 65), randn(65, 17));
        var (first, widened) = (a.mm(b), MklKernels.BelievesIntel);

        MklKernels.Widen();

        Assert.Equal(widened, MklKernels.BelievesIntel);
        Assert.True(a.mm(b).Equals(first));
    }
}
