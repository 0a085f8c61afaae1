using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Sets the GNU C library's thresholds for returning freed memory to the system.</summary>
/// <remarks>
/// libtorch's native kernels unfold images into blocks of tens of megabytes, which would be returned to the system and mapped again,
/// page by page, at every layer.
/// </remarks>
internal static unsafe class FreedMemory
{
    // From malloc.h of the GNU C library.
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    /// <summary>Makes the process keep the memory it frees.</summary>
    public static Intervention Keep()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out var library) || !NativeLibrary.TryGetExport(library, "mallopt", out var mallopt))
        {
            return Intervention.NotApplicable("the C library is not GNU's");
        }

        var set = (delegate* unmanaged<int, int, int>)mallopt;
        return set(MmapThreshold, 1 << 30) != 0 && set(TrimThreshold, int.MaxValue) != 0
            ? Intervention.Applied("freed memory stays with the process")
            : Intervention.NotApplicable("the C library refused its thresholds");
    }
}
