using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Allocates large arrays whose values are all written before any is read.</summary>
internal static unsafe partial class LargeArray
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private static bool s_canAdvise = OperatingSystem.IsLinux();

    /// <summary>Allocates an uninitialised array.</summary>
    /// <remarks>
    /// The system maps fresh memory page by page, at the first write to each; in a virtual machine that can take longer
    /// than all the work on it. On Linux huge pages of 2 MB are requested instead, which the system may refuse.
    /// </remarks>
    public static T[] New<T>(int length)
        where T : unmanaged
    {
        var array = GC.AllocateUninitializedArray<T>(length);
        var bytes = (nuint)length * (nuint)sizeof(T);
        if (s_canAdvise && bytes > HugePage)
        {
            fixed (T* first = array)
            {
                try
                {
                    var start = (nuint)first / HugePage * HugePage;
                    _ = madvise((void*)start, ((nuint)first + bytes + HugePage - 1) / HugePage * HugePage - start, AdviseHugePages);
                }
                catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
                {
                    s_canAdvise = false;
                }
            }
        }

        return array;
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* start, nuint length, int advice);
}
