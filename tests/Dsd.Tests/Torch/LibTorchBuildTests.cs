using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>What the files beside a libtorch say about it.</summary>
public sealed class LibTorchBuildTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Of_APyTorch_IsAsItsVersionFileSays()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var cpu = LibTorchBuild.Of(FakeTorch.PyTorch(_folder["cpu"], FakeTorch.Cpu));
        var cuda = LibTorchBuild.Of(FakeTorch.PyTorch(_folder["cuda"], FakeTorch.Cuda, "libtorch_cuda.so"));

        Assert.Equal(new(_folder["cpu", "torch", "lib"], true, "2.11.0+cpu", false, null), cpu);
        Assert.Equal(new(_folder["cuda", "torch", "lib"], true, "2.11.0+cu130", true, "13.0"), cuda);
        Assert.Equal(["PyTorch 2.11.0+cpu without CUDA", "PyTorch 2.11.0+cu130 with CUDA 13.0"], new[] { cpu, cuda }.Select(b => $"{b}"));
    }

    [SkippableTheory]
    [InlineData("2.11.0+cu130\n", "13.0")]
    [InlineData("2.10.0+cu128", "12.8")]
    [InlineData("2.10.0", null)]
    public void Of_ALibTorch_IsAsItsBuildVersionSays(string version, string? cuda)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var folder = FakeTorch.Libraries(_folder["libtorch", "lib"], "libtorch_cpu.so", "libtorch_cuda.so");
        File.WriteAllText(_folder["libtorch", "build-version"], version);

        Assert.Equal(new(folder, false, version.Trim(), true, cuda), LibTorchBuild.Of(folder));
    }

    [SkippableFact]
    public void Of_APackageOfNuGet_IsAsItsFolderSays()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var cpu = FakeTorch.Libraries(_folder["libtorch-cpu-linux-x64", "2.10.0", "runtimes", "linux-x64", "native"], "libtorch_cpu.so");
        var cuda = FakeTorch.Libraries(_folder["libtorch-cuda-12.8-linux-x64", "2.10.0", "runtimes", "linux-x64", "native"], "libtorch_cpu.so", "libtorch_cuda.so");

        Assert.Equal("libtorch 2.10.0 without CUDA", $"{LibTorchBuild.Of(cpu)}");
        Assert.Equal("libtorch 2.10.0 with CUDA 12.8", $"{LibTorchBuild.Of(cuda)}");
    }

    [SkippableFact]
    public void Of_LinksToAPyTorch_IsThatPyTorch()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var real = FakeTorch.PyTorch(_folder["site"], FakeTorch.Cuda, "libtorch_cuda.so");
        Directory.CreateDirectory(_folder["app"]);
        foreach (var file in Directory.EnumerateFiles(real))
        {
            File.CreateSymbolicLink(_folder["app", Path.GetFileName(file)], file);
        }

        Assert.Equal("PyTorch 2.11.0+cu130 with CUDA 13.0", $"{LibTorchBuild.Of(_folder["app"])}");
    }

    [SkippableFact]
    public void Of_NothingThatSaysIt_IsUnknown()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var folder = FakeTorch.Libraries(_folder["some", "lib"], "libtorch_cpu.so");
        Assert.Equal("libtorch of unknown version without CUDA", $"{LibTorchBuild.Of(folder)}");
        File.WriteAllText(_folder["some", "version.py"], "VERSION = 3");
        Assert.Null(LibTorchBuild.Of(folder).Version);
    }

    [Fact]
    public void Used_InThisProcess_IsWhatTorchSharpBrings()
    {
        TorchRuntime.Configure();

        Assert.Equal(LibTorchPackage.Version, LibTorchBuild.Used()!.Version);
        Assert.Equal(InterventionStatus.NotApplicable, TorchRuntime.State!.LibTorch!.Status);
        Assert.StartsWith($"none is named; TorchSharp found libtorch {LibTorchPackage.Version} with", TorchRuntime.State.LibTorch.Reason, StringComparison.Ordinal);
    }
}
