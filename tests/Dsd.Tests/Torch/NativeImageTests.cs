using System.Runtime.InteropServices;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>Libraries loaded from their bytes.</summary>
public sealed class NativeImageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_TheBytesOfALibrary_LoadsThemAndLeavesNoFile(bool fromFile)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux loads libraries by the number of an open file.");
        TorchRuntime.Configure();
        var bytes = File.ReadAllBytes(Path.Combine(NativeFolders.Loaded()!, "libtorch_global_deps.so"));

        var library = fromFile ? NativeImage.LoadFromFile(_folder.Root, "own.so", bytes) : NativeImage.Load("own.so", bytes);

        Assert.NotEqual(0, library);
        Assert.Contains(File.ReadLines("/proc/self/maps"), line => line.Contains(fromFile ? _folder.Root : "/memfd:own.so", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
        NativeLibrary.Free(library);
    }

    [SkippableFact]
    public void Load_BytesOfNoLibrary_SaysSo()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux loads libraries by the number of an open file.");
        Assert.Throws<DllNotFoundException>(() => NativeImage.Load("own.so", [1, 2, 3]));
    }
}
