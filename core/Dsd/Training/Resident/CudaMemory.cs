using System.Runtime.InteropServices;

namespace Dsd.Training;

/// <summary>The memory of NVIDIA GPUs, as the driver reports it.</summary>
internal static unsafe class CudaMemory
{
    /// <summary>Reads the free memory of a GPU in bytes; null if there is no driver or it does not say.</summary>
    /// <param name="index">The GPU's number among those visible to the process, from 0.</param>
    public static long? Free(int index)
    {
        var name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out var driver))
        {
            return null;
        }

        if (!(Find(driver, "cuInit", out var init) && Find(driver, "cuDeviceGet", out var get)
            && Find(driver, "cuDevicePrimaryCtxRetain", out var retain) && Find(driver, "cuDevicePrimaryCtxRelease_v2", out var release)
            && Find(driver, "cuCtxPushCurrent_v2", out var push) && Find(driver, "cuCtxPopCurrent_v2", out var pop) && Find(driver, "cuMemGetInfo_v2", out var info)))
        {
            return null;
        }

        int device;
        nint context, popped;
        if (((delegate* unmanaged<uint, int>)init)(0) != 0
            || ((delegate* unmanaged<int*, int, int>)get)(&device, index) != 0
            || ((delegate* unmanaged<nint*, int, int>)retain)(&context, device) != 0)
        {
            return null;
        }

        // The context that libtorch uses, whichever is current on this thread.
        nuint free = 0, total = 0;
        var isKnown = false;
        if (((delegate* unmanaged<nint, int>)push)(context) == 0)
        {
            isKnown = ((delegate* unmanaged<nuint*, nuint*, int>)info)(&free, &total) == 0;
            _ = ((delegate* unmanaged<nint*, int>)pop)(&popped);
        }

        _ = ((delegate* unmanaged<int, int>)release)(device);
        return isKnown ? (long)free : null;
    }

    private static bool Find(nint driver, string name, out nint function) => NativeLibrary.TryGetExport(driver, name, out function);
}
