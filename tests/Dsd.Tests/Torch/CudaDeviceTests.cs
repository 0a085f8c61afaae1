using Dsd.Torch;
using TorchSharp;

namespace Dsd.Tests.Torch;

public sealed class CudaDeviceTests
{
    [Fact]
    public void Describe_TheCpu_IsNull() => Assert.Null(CudaDevice.Describe(torch.CPU));

    [SkippableFact]
    public void Describe_AGpu_NamesItAndItsLibraries()
    {
        Skip.IfNot(torch.cuda.is_available(), "needs an NVIDIA GPU");

        Assert.Matches("^NVIDIA .+, driver .+, CUDA [0-9.]+, cuDNN [0-9.]+, .*TF32", CudaDevice.Describe(torch.CUDA));
    }

    [Theory]
    [InlineData("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.57.08  Release Build  (builder)", "575.57.08")]
    [InlineData("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90  Mon", "550.90")]
    [InlineData("", null)]
    public void DriverIn_FindsTheVersion(string text, string? expected) => Assert.Equal(expected, CudaDevice.DriverIn(text));

    [Theory]
    [InlineData(13_000, 1000, 10, "13.0")]
    [InlineData(12_080, 1000, 10, "12.8")]
    [InlineData(91_300, 10_000, 100, "9.13")]
    public void Dotted_WritesTheVersionAsItsMakerDoes(long version, int major, int minor, string expected) => Assert.Equal(expected, CudaDevice.Dotted(version, major, minor));

    [Theory]
    [InlineData(false, false, "no TF32")]
    [InlineData(false, true, "TF32 in convolutions")]
    [InlineData(true, false, "TF32 in products of matrices")]
    [InlineData(true, true, "TF32")]
    public void Tf32_SaysWhereItMayBeUsed(bool products, bool convolutions, string expected) => Assert.Equal(expected, CudaDevice.Tf32(products, convolutions));
}
