using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Dsd.Torch;

namespace Dsd.DeviceChecks;

/// <summary>What the NVIDIA driver and cuDNN say of themselves; null for what they do not say, as where there are none.</summary>
internal static unsafe class GpuDriver
{
    private const int Capability = 75;
    private const int Multiprocessors = 16;
    private const int LongestName = 256;

    private static readonly nint s_management = Load("libnvidia-ml.so.1");

    /// <summary>The name of a GPU, e.g. <c>"NVIDIA H200"</c>.</summary>
    /// <param name="index">The index of the GPU.</param>
    public static string? NameOf(int index)
    {
        var get = (delegate* unmanaged<byte*, int, int, int>)CudaLibraries.TryDriver("cuDeviceGetName");
        var text = stackalloc byte[LongestName];
        return get is not null && get(text, LongestName, index) == 0 ? Text(text) : null;
    }

    /// <summary>The compute capability of a GPU and its multiprocessors, e.g. <c>"9.0, 132 multiprocessors"</c>.</summary>
    /// <param name="index">The index of the GPU.</param>
    public static string? CapabilityOf(int index) => Attribute(Capability, index) is { } major && Attribute(Capability + 1, index) is { } minor
        ? string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}, {Attribute(Multiprocessors, index)} multiprocessors")
        : null;

    /// <summary>The highest version of CUDA that the driver supports, e.g. <c>"13.0"</c>.</summary>
    public static string? CudaVersion
    {
        get
        {
            var get = (delegate* unmanaged<int*, int>)CudaLibraries.TryDriver("cuDriverGetVersion");
            int version;
            return get is not null && get(&version) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}") : null;
        }
    }

    /// <summary>The version of the driver, e.g. <c>"580.95.05"</c>.</summary>
    public static string? Version
    {
        get
        {
            var begin = (delegate* unmanaged<int>)Find(s_management, "nvmlInit_v2");
            var get = (delegate* unmanaged<byte*, uint, int>)Find(s_management, "nvmlSystemGetDriverVersion");
            var text = stackalloc byte[LongestName];
            return begin is not null && get is not null && begin() == 0 && get(text, LongestName) == 0 ? Text(text) : null;
        }
    }

    /// <summary>The version of cuDNN as one number, e.g. 91000.</summary>
    public static long? CuDnnVersion
    {
        get
        {
            var get = (delegate* unmanaged<nuint>)CudaLibraries.CuDnn("cudnnGetVersion");
            return get is null ? null : (long)get();
        }
    }

    /// <summary>The bytes of the current GPU that are in use, by all processes, and all that it has.</summary>
    /// <remarks>libtorch must have used the GPU on this thread before.</remarks>
    public static (long Used, long All)? Memory
    {
        get
        {
            var get = (delegate* unmanaged<nuint*, nuint*, int>)CudaLibraries.TryDriver("cuMemGetInfo_v2");
            nuint free, all;
            return get is not null && get(&free, &all) == 0 ? ((long)(all - free), (long)all) : null;
        }
    }

    private static int? Attribute(int attribute, int index)
    {
        var get = (delegate* unmanaged<int*, int, int, int>)CudaLibraries.TryDriver("cuDeviceGetAttribute");
        int value;
        return get is not null && get(&value, attribute, index) == 0 ? value : null;
    }

    private static string Text(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    private static nint Load(string library) => NativeLibrary.TryLoad(library, out var loaded) ? loaded : 0;

    private static void* Find(nint library, string name) => library != 0 && NativeLibrary.TryGetExport(library, name, out var function) ? (void*)function : null;
}
