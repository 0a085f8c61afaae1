using System.Runtime.InteropServices;

namespace Dsd.Training;

/// <summary>The context that libtorch uses on an NVIDIA GPU, entered by a thread to call the driver.</summary>
internal static unsafe class CudaContext
{
    private static readonly Lazy<nint> s_driver = new(() => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver) ? driver : 0);

    /// <summary>Finds a function of the driver; null if there is none.</summary>
    public static void* Find(string name) => s_driver.Value != 0 && NativeLibrary.TryGetExport(s_driver.Value, name, out var function) ? (void*)function : null;

    /// <summary>Enters the context of a GPU, whichever is current on this thread; dispose of the result to leave it.</summary>
    /// <param name="index">The GPU's number among those visible to the process, from 0.</param>
    public static Entered Enter(int index)
    {
        var init = (delegate* unmanaged<uint, int>)Find("cuInit");
        var get = (delegate* unmanaged<int*, int, int>)Find("cuDeviceGet");
        var retain = (delegate* unmanaged<nint*, int, int>)Find("cuDevicePrimaryCtxRetain");
        var release = (delegate* unmanaged<int, int>)Find("cuDevicePrimaryCtxRelease_v2");
        var push = (delegate* unmanaged<nint, int>)Find("cuCtxPushCurrent_v2");
        var pop = (delegate* unmanaged<nint*, int>)Find("cuCtxPopCurrent_v2");
        int device;
        nint context;
        if (init is null || get is null || retain is null || release is null || push is null || pop is null
            || init(0) != 0 || get(&device, index) != 0 || retain(&context, device) != 0)
        {
            return default;
        }

        if (push(context) == 0)
        {
            return new(device, pop, release);
        }

        _ = release(device);
        return default;
    }

    /// <summary>A context that a thread has entered.</summary>
    internal readonly ref struct Entered(int device, delegate* unmanaged<nint*, int> pop, delegate* unmanaged<int, int> release)
    {
        /// <summary>True if it was entered; false if there is no driver or no such GPU.</summary>
        public bool IsIn => pop is not null;

        /// <summary>Leaves the context.</summary>
        public void Dispose()
        {
            if (IsIn)
            {
                nint left;
                _ = pop(&left);
                _ = release(device);
            }
        }
    }
}
