using System.Runtime.InteropServices;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>A loaded library that goes by another path.</summary>
public sealed class LibraryAliasTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Alias_UntilItIsDisposed_StandsForTheOtherFile()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The alias is of the GNU loader.");
        TorchRuntime.Configure();
        foreach (var copy in new[] { "first.so", "second.so" })
        {
            File.Copy(Path.Combine(NativeFolders.Loaded()!, "libtorch_global_deps.so"), _folder[copy]);
        }

        var first = NativeLibrary.Load(_folder["first.so"]);
        using (new LibraryAlias(first, _folder["second.so"]))
        {
            Assert.Equal(first, NativeLibrary.Load(_folder["second.so"]));
            Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith("/second.so", StringComparison.Ordinal));
        }

        Assert.Equal(first, NativeLibrary.Load(_folder["first.so"]));
        Assert.NotEqual(first, NativeLibrary.Load(_folder["second.so"]));
    }
}
