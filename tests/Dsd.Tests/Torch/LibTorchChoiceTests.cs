using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>The libtorch that a user names: found, or refused with the reason.</summary>
public sealed class LibTorchChoiceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2.10.0", true)]
    [InlineData("2.10.1+cpu", true)]
    [InlineData("2.11.0+cu130", true)]
    [InlineData("2.12.0", false)]
    [InlineData("2.9.1+cu128", false)]
    [InlineData("2.1.0", false)]
    [InlineData("2.11.0a0+git1234", false)]
    [InlineData("2.11.0.dev20260101+cu130", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Fits_AVersion_IsAReleaseThatWasTried(string? version, bool fits) => Assert.Equal(fits, LibTorchChoice.Fits(version));

    [SkippableTheory]
    [InlineData("site")]
    [InlineData("site/torch")]
    [InlineData("site/torch/lib")]
    [InlineData("site/torch/lib/")]
    public void Find_AFolderOrOneAbove_IsThatOfTheLibraries(string named)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var folder = FakeTorch.PyTorch(_folder["site"], FakeTorch.Cpu);

        Assert.Equal(folder, LibTorchChoice.Find(Path.Combine(_folder.Root, named), any: false).Build.Folder);
    }

    [SkippableFact]
    public void Find_APyTorch_LooksForNvidiasLibrariesBesideIt()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var folder = FakeTorch.PyTorch(_folder["site"], FakeTorch.Cuda, "libtorch_cuda.so");
        string[] vendors = [_folder["site", "nvidia", "cu13", "lib"], _folder["site", "nvidia", "cudnn", "lib"], _folder["site", "cusparselt", "lib"], _folder["site", "torch.libs"]];
        Array.ForEach(vendors, v => Directory.CreateDirectory(v));
        Directory.CreateDirectory(_folder["site", "nvidia", "no-libraries"]);

        Assert.Equal(vendors, LibTorchChoice.Find(folder, any: false).Vendors);
    }

    [SkippableFact]
    public void Find_AnotherVersion_IsRefusedUnlessAnyIsAccepted()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        FakeTorch.PyTorch(_folder["site"], "__version__ = '2.9.1+cu128'\n");
        var unknown = FakeTorch.Libraries(_folder["unknown"], "libtorch_cpu.so");

        var refused = Assert.Throws<DsdException>(() => LibTorchChoice.Find(_folder["site"], any: false)).Message;
        Assert.StartsWith($"libtorch '{_folder["site"]}' cannot be used: it is PyTorch 2.9.1+cu128, in {_folder["site", "torch", "lib"]}. TorchSharp's library is built for 2.10", refused, StringComparison.Ordinal);
        Assert.Contains("--libtorch-any", refused, StringComparison.Ordinal);
        Assert.Contains("libtorch of unknown version", Assert.Throws<DsdException>(() => LibTorchChoice.Find(unknown, any: false)).Message, StringComparison.Ordinal);
        Assert.Equal("2.9.1+cu128", LibTorchChoice.Find(_folder["site"], any: true).Build.Version);
        Assert.Null(LibTorchChoice.Find(unknown, any: true).Build.Version);
    }

    [SkippableFact]
    public void Find_WhatIsNoLibTorch_SaysWhatItIs()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        Directory.CreateDirectory(_folder["empty"]);
        FakeTorch.PyTorch(_folder["arm"], FakeTorch.Cpu);
        File.WriteAllBytes(_folder["arm", "torch", "lib", "libtorch_cpu.so"], FakeTorch.Elf(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? (byte)62 : (byte)183));
        FakeTorch.PyTorch(_folder["text"], FakeTorch.Cpu);
        File.WriteAllText(_folder["text", "torch", "lib", "libtorch_cpu.so"], "version https://git-lfs.github.com/spec/v1");

        Assert.Contains($"there is no folder {_folder["nowhere"]}. ", Message("nowhere"), StringComparison.Ordinal);
        Assert.Contains($"{_folder["empty"]} has no libtorch_cpu.so, and neither have its folders lib and torch/lib. ", Message("empty"), StringComparison.Ordinal);
        Assert.Matches(@"arm/torch/lib/libtorch_cpu\.so is built for \w+, and this process runs on \w+\. ", Message("arm"));
        Assert.Contains("text/torch/lib/libtorch_cpu.so is no ELF library. ", Message("text"), StringComparison.Ordinal);

        string Message(string folder) => Assert.Throws<DsdException>(() => LibTorchChoice.Find(_folder[folder], any: true)).Message;
    }

    [SkippableFact]
    public void Load_WhereAnotherIsLoaded_NamesBoth()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        TorchRuntime.Configure();
        var choice = LibTorchChoice.Find(FakeTorch.PyTorch(_folder["site"], FakeTorch.Cpu), any: false);

        var message = Assert.Throws<DsdException>(() => NativeLoading.Load(isHelped: true, choice)).Message;

        Assert.StartsWith("Two libtorchs cannot be in one process: PyTorch 2.11.0+cpu in ", message, StringComparison.Ordinal);
        Assert.Contains(_folder["site", "torch", "lib"], message, StringComparison.Ordinal);
        Assert.Contains($"libtorch {LibTorchPackage.Version} in {NativeFolders.Loaded()}", message, StringComparison.Ordinal);
        Assert.Null(NativeLoading.Chosen);
    }
}
