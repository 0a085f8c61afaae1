using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Arrays for megabytes of values that are all written before any is read.</summary>
public static unsafe partial class LargeArray
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private static bool s_canAdvise = OperatingSystem.IsLinux();

    /// <summary>An array whose values are whatever lay there.</summary>
    /// <remarks>
    /// The system hands out fresh memory page by page, when each is first written; in a virtual machine that can take longer
    /// than all the work on it. On Linux it is asked to hand out 2 MB at a time instead, which it may or may not do.
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
