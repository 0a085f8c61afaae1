using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Torch;

public sealed class OneDnnTests
{
    [Theory]
    [InlineData(1, 20, 5)]
    [InlineData(20, 50, 5)]
    [InlineData(8, 24, 3)]
    [InlineData(16, 32, 3)]
    public void Configure_Convolution_AgreesWithDoublePrecision(int inputs, int outputs, int kernel)
    {
        for (var round = 0; round < 3; round++)
        {
            using var scope = NewDisposeScope();
            Soil();
            var x = randn(16, inputs, 12, 12).requires_grad_();
            var w = randn(outputs, inputs, kernel, kernel).requires_grad_();
            var exactX = x.detach().to(float64).requires_grad_();
            var exactW = w.detach().to(float64).requires_grad_();
            var y = nn.functional.conv2d(x, w);
            var exactY = nn.functional.conv2d(exactX, exactW);
            y.square().sum().backward();
            exactY.square().sum().backward();
            AssertClose(exactY, y);
            AssertClose(exactX.grad!, x.grad!);
            AssertClose(exactW.grad!, w.grad!);
        }
    }

    /// <summary>Leaves numbers that no convolution should ever read in memory that was freed.</summary>
    private static void Soil()
    {
        foreach (var size in new[] { 1_000, 10_000, 100_000, 1_000_000 })
        {
            for (var i = 0; i < 8; i++)
            {
                using var soil = full(size, float.NaN);
            }
        }
    }

    private static void AssertClose(Tensor exact, Tensor got)
    {
        var error = (exact - got.to(float64)).abs().max().item<double>() / exact.abs().max().item<double>();
        Assert.True(error < 1e-5, $"relative error {error}");
    }
}
