using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>The order in which the libraries of a named libtorch are loaded, and what they need from elsewhere.</summary>
public sealed class LibTorchPartsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _loaded = [];

    /// <summary>What a library needs from elsewhere; the loader here knows only what is loaded.</summary>
    private readonly Dictionary<string, string[]> _needs = [];

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Load_ACpuBuild_LoadsEachAfterThoseItNeeds()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        Parts().Load(LibTorchBuild.Of(FakeTorch.PyTorch(_folder["site"], FakeTorch.Cpu)));

        Assert.Equal(["libc10.so", "libtorch_cpu.so", "libtorch.so"], _loaded);
    }

    [SkippableFact]
    public void Load_ACudaBuild_LoadsOfNvidiasLibrariesThoseThatAreMissing()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var build = Cuda();
        _needs["libtorch_cuda.so"] = ["libcudnn.so.9", "libcublas.so.13"];
        _needs["libcublas.so.13"] = ["libcublasLt.so.13"];

        Parts().Load(build);

        Assert.Equal(["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libcudnn.so.9", "libcublasLt.so.13", "libcublas.so.13", "libtorch_cuda.so", "libtorch.so"], _loaded);
    }

    [SkippableFact]
    public void Load_ALibraryThatIsNowhere_NamesIt()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var build = Cuda();
        _needs["libtorch_cuda.so"] = ["libcublas.so.13"];
        _needs["libcublas.so.13"] = ["libcudart.so.13"];

        var message = Assert.Throws<DsdException>(() => Parts().Load(build)).Message;

        Assert.StartsWith("PyTorch 2.11.0+cu130 cannot be loaded: libcudart.so.13: cannot open shared object file", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Load_LibrariesThatNeedOneAnother_Ends()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var build = Cuda();
        _needs["libtorch_cuda.so"] = ["libcublas.so.13"];
        _needs["libcublas.so.13"] = ["libcublasLt.so.13"];
        _needs["libcublasLt.so.13"] = ["libcublas.so.13"];

        Assert.Throws<DsdException>(() => Parts().Load(build));
    }

    [SkippableFact]
    public void Load_WithoutOneOfItsOwn_NamesIt()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var build = LibTorchBuild.Of(FakeTorch.PyTorch(_folder["site"], FakeTorch.Cpu));
        File.Delete(_folder["site", "torch", "lib", "libc10.so"]);

        var message = Assert.Throws<DsdException>(() => Parts().Load(build)).Message;

        Assert.Equal($"PyTorch 2.11.0+cpu cannot be loaded: {_folder["site", "torch", "lib", "libc10.so"]} is missing. Install it again.", message);
    }

    private LibTorchBuild Cuda()
    {
        FakeTorch.Libraries(_folder["site", "nvidia", "cu13", "lib"], "libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9");
        return LibTorchBuild.Of(FakeTorch.PyTorch(_folder["site"], FakeTorch.Cuda, "libc10_cuda.so", "libtorch_cuda.so"));
    }

    private LibTorchParts Parts() => new([_folder["site", "nvidia", "cu13", "lib"]], path =>
    {
        var name = Path.GetFileName(path);
        if (_needs.GetValueOrDefault(name, []).FirstOrDefault(n => !_loaded.Contains(n)) is { } missing)
        {
            return $"{missing}: cannot open shared object file: No such file or directory";
        }

        _loaded.Add(name);
        return null;
    });
}
