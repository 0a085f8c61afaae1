using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>A GPU as a run's record names it: TorchSharp exposes neither its name nor the versions of what computes on it.</summary>
internal static partial class CudaDevice
{
    private const int NameLength = 256;

    /// <summary>Describes a device, e.g. <c>"NVIDIA H200, driver 575.57, CUDA 13.0, cuDNN 9.13.0, TF32 in convolutions"</c>; null for one that is no NVIDIA GPU.</summary>
    /// <remarks>What a library does not tell is left out. Nothing is loaded that libtorch has not loaded, except the driver's own library.</remarks>
    /// <param name="device">The device.</param>
    public static string? Describe(torch.Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return null;
        }

        string?[] parts =
        [
            Name(Math.Max(0, device.index)) ?? "NVIDIA GPU",
            Driver() is { } driver ? $"driver {driver}" : null,
            Version("cudaRuntimeGetVersion", ["libcudart.so.13", "libcudart.so.12", "cudart64_12.dll"]) is { } cuda ? $"CUDA {Dotted(cuda, 1000, 10)}" : null,
            CuDnn() is { } cuDnn ? $"cuDNN {cuDnn}" : null,
            Tf32(torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32),
        ];
        return string.Join(", ", parts.OfType<string>());
    }

    /// <summary>Says where TF32, which rounds the factors of products to ten bits, may be used.</summary>
    internal static string Tf32(bool inProducts, bool inConvolutions) =>
        inProducts ? inConvolutions ? "TF32" : "TF32 in products of matrices" : inConvolutions ? "TF32 in convolutions" : "no TF32";

    /// <summary>Finds the driver's version in the text that Linux has of it, e.g. <c>"575.57.08"</c>.</summary>
    internal static string? DriverIn(string text) => DriverVersion().Match(text) is { Success: true } found ? found.Value : null;

    /// <summary>Formats a version that is written as one number, e.g. 13000 with the factors 1000 and 10 as <c>"13.0"</c>.</summary>
    internal static string Dotted(long version, int major, int minor) => string.Create(CultureInfo.InvariantCulture, $"{version / major}.{version % major / minor}");

    private static string? Driver()
    {
        const string file = "/proc/driver/nvidia/version";
        return File.Exists(file) ? DriverIn(File.ReadAllText(file)) : null;
    }

    private static unsafe string? Name(int index)
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver))
        {
            return null;
        }

        var get = (delegate* unmanaged<int*, int, int>)Export(driver, "cuDeviceGet");
        var name = (delegate* unmanaged<byte*, int, int, int>)Export(driver, "cuDeviceGetName");
        Span<byte> text = stackalloc byte[NameLength];
        var number = 0;
        fixed (byte* start = text)
        {
            return get is not null && name is not null && get(&number, index) == 0 && name(start, NameLength, number) == 0
                ? Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)])
                : null;
        }
    }

    private static unsafe int? Version(string function, ReadOnlySpan<string> libraries)
    {
        foreach (var library in libraries)
        {
            if (NativeLibrary.TryLoad(library, out var handle) && (delegate* unmanaged<int*, int>)Export(handle, function) is var get && get is not null)
            {
                var version = 0;
                return get(&version) == 0 ? version : null;
            }
        }

        return null;
    }

    private static unsafe string? CuDnn()
    {
        foreach (var library in (ReadOnlySpan<string>)["libcudnn.so.9", "cudnn64_9.dll"])
        {
            if (NativeLibrary.TryLoad(library, out var handle) && (delegate* unmanaged<nuint>)Export(handle, "cudnnGetVersion") is var get && get is not null)
            {
                var version = (long)get();
                return string.Create(CultureInfo.InvariantCulture, $"{Dotted(version, 10_000, 100)}.{version % 100}");
            }
        }

        return null;
    }

    private static unsafe void* Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var function) ? (void*)function : null;

    [GeneratedRegex(@"\d{3,}\.\d+(\.\d+)?")]
    private static partial Regex DriverVersion();
}
