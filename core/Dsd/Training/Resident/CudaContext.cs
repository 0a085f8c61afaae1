using System.Runtime.InteropServices;

namespace Dsd.Training;

/// <summary>The context that libtorch uses on an NVIDIA GPU, entered by a thread to call the driver.</summary>
internal static unsafe class CudaContext
{
    private static readonly Lazy<nint> s_driver = new(() => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver) ? driver : 0);
    private static readonly Lazy<Calls?> s_calls = new(Calls.Find);

    /// <summary>Finds a function of the driver; null if there is none.</summary>
    public static void* Find(string name) => s_driver.Value != 0 && NativeLibrary.TryGetExport(s_driver.Value, name, out var function) ? (void*)function : null;

    /// <summary>Enters the context of a GPU, whichever is current on this thread; dispose of the result to leave it.</summary>
    /// <param name="index">The GPU's number among those visible to the process, from 0.</param>
    public static Entered Enter(int index)
    {
        int device;
        nint context;
        if (s_calls.Value is not { } calls || calls.Get(&device, index) != 0 || calls.Retain(&context, device) != 0)
        {
            return default;
        }

        if (calls.Push(context) == 0)
        {
            return new(device, calls);
        }

        _ = calls.Release(device);
        return default;
    }

    /// <summary>A context that a thread has entered.</summary>
    internal readonly ref struct Entered(int device, Calls? calls)
    {
        /// <summary>True if it was entered; false if there is no driver or no such GPU.</summary>
        public bool IsIn => calls is not null;

        /// <summary>Leaves the context.</summary>
        public void Dispose()
        {
            if (calls is not null)
            {
                nint left;
                _ = calls.Pop(&left);
                _ = calls.Release(device);
            }
        }
    }

    /// <summary>The driver's functions for contexts.</summary>
    internal sealed class Calls
    {
        private delegate* unmanaged<int*, int, int> _get;
        private delegate* unmanaged<nint*, int, int> _retain;
        private delegate* unmanaged<int, int> _release;
        private delegate* unmanaged<nint, int> _push;
        private delegate* unmanaged<nint*, int> _pop;

        public static Calls? Find()
        {
            var init = (delegate* unmanaged<uint, int>)CudaContext.Find("cuInit");
            var found = new Calls
            {
                _get = (delegate* unmanaged<int*, int, int>)CudaContext.Find("cuDeviceGet"),
                _retain = (delegate* unmanaged<nint*, int, int>)CudaContext.Find("cuDevicePrimaryCtxRetain"),
                _release = (delegate* unmanaged<int, int>)CudaContext.Find("cuDevicePrimaryCtxRelease_v2"),
                _push = (delegate* unmanaged<nint, int>)CudaContext.Find("cuCtxPushCurrent_v2"),
                _pop = (delegate* unmanaged<nint*, int>)CudaContext.Find("cuCtxPopCurrent_v2"),
            };
            return init is null || found._get is null || found._retain is null || found._release is null || found._push is null || found._pop is null || init(0) != 0 ? null : found;
        }

        public int Get(int* device, int index) => _get(device, index);

        public int Retain(nint* context, int device) => _retain(context, device);

        public int Release(int device) => _release(device);

        public int Push(nint context) => _push(context);

        public int Pop(nint* context) => _pop(context);
    }
}
