using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>The reasons why no GPU can be used.</summary>
public sealed class CudaDiagnosisTests
{
    private static readonly LibTorchBuild s_cuda = new("/site/torch/lib", true, "2.11.0+cu130", true, "13.0");

    [Fact]
    public void WhyNone_ACpuBuild_SaysWhichAndDoesNotAskTheDriver()
    {
        Assert.Equal(
            "PyTorch 2.11.0+cpu in /site/torch/lib is a CPU build. Install a PyTorch with CUDA.",
            CudaDiagnosis.WhyNone(s_cuda with { Version = "2.11.0+cpu", HasCuda = false, Cuda = null }, () => throw new InvalidOperationException(), null));
        Assert.Equal(
            "libtorch 2.10.0 in /app is a CPU build. Build with -p:TorchBackend=cuda, or use the libtorch of a PyTorch that has CUDA: --libtorch pytorch, or DSD_LIBTORCH=pytorch.",
            CudaDiagnosis.WhyNone(new("/app", false, "2.10.0", false, null), () => throw new InvalidOperationException(), null));
    }

    [Fact]
    public void WhyNone_NoDriver_NamesItsLibrary() =>
        Assert.StartsWith($"there is no NVIDIA driver: {CudaDriver.Library} cannot be loaded. ", CudaDiagnosis.WhyNone(s_cuda, () => null, null), StringComparison.Ordinal);

    [Theory]
    [InlineData(12080, "13.0", "12.8")]
    [InlineData(11040, "12.6", "11.4")]
    public void WhyNone_ADriverOfAnEarlierMajorVersion_IsTooOld(int driver, string built, string supported)
    {
        var why = CudaDiagnosis.WhyNone(s_cuda with { Cuda = built }, () => new(driver), null);

        Assert.StartsWith($"the NVIDIA driver is too old: it supports CUDA {supported}, and PyTorch 2.11.0+cu130 is built for CUDA {built}. ", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(13000, "13.0")]
    [InlineData(12020, "12.8")]
    [InlineData(13010, "12.6")]
    [InlineData(13000, null)]
    public void WhyNone_ADriverThatFits_FindsNoGpu(int driver, string? built)
    {
        var why = CudaDiagnosis.WhyNone(s_cuda with { Cuda = built }, () => new(driver), null);

        Assert.Matches(@"^the NVIDIA driver, for CUDA \d+\.\d, finds no GPU; 'nvidia-smi' lists those it has\.$", why);
    }

    [Fact]
    public void WhyNone_DevicesHidden_NamesTheVariable()
    {
        Assert.Contains("CUDA_VISIBLE_DEVICES is '7'", CudaDiagnosis.WhyNone(s_cuda, () => new(13000), "7"), StringComparison.Ordinal);
        Assert.Contains("CUDA_VISIBLE_DEVICES is ''", CudaDiagnosis.WhyNone(s_cuda, () => new((int?)null), ""), StringComparison.Ordinal);
    }

    [Fact]
    public void OfMachine_IsNoneOrSaysAVersion()
    {
        // Where there is no GPU there is no driver; where there is one, it is of a CUDA that libtorch can still run on.
        Assert.True(CudaDriver.OfMachine() is null or { Version: null or >= 11000 });
    }
}
