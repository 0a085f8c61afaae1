using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>NVIDIA's driver, asked without initialising it.</summary>
/// <param name="Version">The newest CUDA that it supports, as it says it: 13000 is 13.0; null if it does not say.</param>
internal sealed unsafe record CudaDriver(int? Version)
{
    /// <summary>The file name of the driver's library on this operating system.</summary>
    public static string Library => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>Gets the driver of this machine; null if its library cannot be loaded.</summary>
    public static CudaDriver? OfMachine()
    {
        if (!NativeLibrary.TryLoad(Library, out var library))
        {
            return null;
        }

        // It stays loaded, as libtorch needs it.
        var version = 0;
        return NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out var function) && ((delegate* unmanaged<int*, int>)function)(&version) == 0
            ? new(version)
            : new CudaDriver((int?)null);
    }
}
