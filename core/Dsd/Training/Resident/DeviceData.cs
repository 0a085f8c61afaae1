using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Data on the device that trains: which are kept there, how many are measured at once, and how results are read.</summary>
internal static class DeviceData
{
    /// <summary>The environment variable for the largest split kept on a device, in bytes; 0 keeps none.</summary>
    public const string LimitVariable = "DSD_RESIDENT_BYTES";

    /// <summary>The largest split kept on a device whose free memory is unknown: 2 GB.</summary>
    public const long LimitWhereUnknown = 2L << 30;

    /// <summary>Input of one measured batch on a device other than the CPU, at most: 64 MB.</summary>
    public const long MostMeasuredBytes = 64L << 20;

    private const int FractionOfFree = 4;
    private static readonly ConditionalWeakTable<object, ConcurrentDictionary<string, object>> s_kept = [];

    /// <summary>True if a split is small enough to be kept on a device: at most a quarter of the memory that is free there now, or what <see cref="LimitVariable"/> says.</summary>
    /// <exception cref="DsdException">The variable is not a whole number from 0.</exception>
    public static bool Fits(Device device, long bytes) => bytes <= Limit(
        Environment.GetEnvironmentVariable(LimitVariable),
        device.type == DeviceType.CUDA ? CudaMemory.Free(Math.Max(0, device.index)) : null);

    /// <summary>Computes the largest split kept on a device.</summary>
    /// <param name="variable">The value of <see cref="LimitVariable"/>; null or empty if it is not set.</param>
    /// <param name="free">The free memory in bytes; null if unknown.</param>
    public static long Limit(string? variable, long? free)
    {
        if (string.IsNullOrEmpty(variable))
        {
            return free / FractionOfFree ?? LimitWhereUnknown;
        }

        return long.TryParse(variable, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes
            : throw new DsdException($"{LimitVariable} is '{variable}'; it must be a whole number of bytes, e.g. 2000000000, or 0 to keep no data on a device.");
    }

    /// <summary>Returns what is made of data for a device, made once and kept as long as the data; null if it is too large.</summary>
    /// <param name="data">The data, e.g. a split of images.</param>
    /// <param name="form">The form in which they are kept, e.g. with their padding.</param>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">True to keep them in any case, false not to; null to do it on a device other than the CPU if they fit.</param>
    /// <param name="bytes">Their size on the device.</param>
    /// <param name="make">Makes them; receives the device.</param>
    public static T? Keep<T>(object data, string form, Device? device, bool? isWanted, long bytes, Func<Device, T> make)
        where T : class
    {
        if (!(isWanted ?? DeviceCopy.IsElsewhere(device)))
        {
            return null;
        }

        var kept = s_kept.GetOrCreateValue(data);
        var where = device ?? CPU;
        var key = $"{where} {form}";
        lock (kept)
        {
            if (!kept.TryGetValue(key, out var there))
            {
                if (isWanted is null && !Fits(where, bytes))
                {
                    return null;
                }

                there = kept[key] = make(where);
            }

            return (T)there;
        }
    }

    /// <summary>Computes the number of examples measured at once: that of the CPU, or as many as <see cref="MostMeasuredBytes"/> hold on another device.</summary>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="onCpu">Examples in a batch on the CPU, and at least on any other device.</param>
    /// <param name="most">Examples in a batch at most.</param>
    /// <param name="bytes">The size of an example's input or output, whichever is larger.</param>
    public static int MeasuredAtOnce(Device? device, int onCpu, int most, long bytes) =>
        DeviceCopy.IsElsewhere(device) ? (int)Math.Clamp(MostMeasuredBytes / Math.Max(1, bytes), onCpu, Math.Max(onCpu, most)) : onCpu;

    /// <summary>Reads scalar tensors in one transfer.</summary>
    /// <returns>The values, in order; empty for an empty list.</returns>
    public static T[] Read<T>(IReadOnlyList<Tensor> scalars)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        return scalars.Count == 0 ? [] : stack(scalars).cpu().data<T>().ToArray();
    }

    /// <summary>Reads vectors in one transfer, one after the other.</summary>
    /// <returns>The values, in order; empty for an empty list.</returns>
    public static T[] ReadAll<T>(IReadOnlyList<Tensor> vectors)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        return vectors.Count == 0 ? [] : cat([.. vectors]).cpu().data<T>().ToArray();
    }
}
