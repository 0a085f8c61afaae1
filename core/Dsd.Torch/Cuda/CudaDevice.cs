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
    /// <remarks>What a library does not tell is left out. A library that libtorch has loaded is asked, and no other copy of it.</remarks>
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
            Runtime() is { } cuda ? $"CUDA {Dotted(cuda, 1000, 10)}" : null,
            CuDnn() is { } cuDnn ? $"cuDNN {cuDnn}" : null,
            Tf32(),
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
        var init = (delegate* unmanaged<uint, int>)CudaLibraries.TryDriver("cuInit");
        var get = (delegate* unmanaged<int*, int, int>)CudaLibraries.TryDriver("cuDeviceGet");
        var name = (delegate* unmanaged<byte*, int, int, int>)CudaLibraries.TryDriver("cuDeviceGetName");
        Span<byte> text = stackalloc byte[NameLength];
        var number = 0;
        fixed (byte* start = text)
        {
            return init is not null && get is not null && name is not null && init(0) == 0 && get(&number, index) == 0 && name(start, NameLength, number) == 0
                ? Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)])
                : null;
        }
    }

    private static unsafe int? Runtime()
    {
        var version = 0;
        return (delegate* unmanaged<int*, int>)CudaLibraries.Runtime("cudaRuntimeGetVersion") is var get && get is not null && get(&version) == 0 ? version : null;
    }

    private static unsafe string? CuDnn()
    {
        var get = (delegate* unmanaged<nuint>)CudaLibraries.CuDnn("cudnnGetVersion");
        if (get is null)
        {
            return null;
        }

        var version = (long)get();
        return string.Create(CultureInfo.InvariantCulture, $"{Dotted(version, 10_000, 100)}.{version % 100}");
    }

    /// <summary>Asks libtorch where TF32 is allowed; null where it refuses to say.</summary>
    private static string? Tf32()
    {
        try
        {
            return Tf32(torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32);
        }
        catch (ExternalException)
        {
            // It does, once the newer switches by operation were used.
            return null;
        }
    }

    [GeneratedRegex(@"\d{3,}\.\d+(\.\d+)?")]
    private static partial Regex DriverVersion();
}
