using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Allocates large arrays that are written at once.</summary>
/// <remarks>
/// The system maps fresh memory page by page, at the first write to each; in a virtual machine that can take longer
/// than all the work on it. On Linux huge pages of 2 MB are requested instead, which the system may refuse.
/// </remarks>
internal static unsafe partial class LargeArray
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private static bool s_canAdvise = OperatingSystem.IsLinux();

    /// <summary>Allocates an array of zeros.</summary>
    public static T[] New<T>(int length)
        where T : unmanaged => Advised(new T[length]);

    /// <summary>Allocates an array whose values are all written before any is read.</summary>
    public static T[] Uninitialized<T>(int length)
        where T : unmanaged => Advised(GC.AllocateUninitializedArray<T>(length));

    private static T[] Advised<T>(T[] array)
        where T : unmanaged
    {
        var bytes = (nuint)array.Length * (nuint)sizeof(T);
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
