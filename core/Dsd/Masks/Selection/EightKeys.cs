using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <summary>Ranks eight keys, lane by lane, by comparisons that need no branch: two sorted halves, then one step of their merge.</summary>
internal static class EightKeys
{
    /// <summary>The key of a rank among eight, from 1, the highest, to 8; the highest keys seen so far are raised to the first one's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<TKey> OfRank<TKey>(
        int rank,
        Vector512<TKey> a,
        Vector512<TKey> b,
        Vector512<TKey> c,
        Vector512<TKey> d,
        Vector512<TKey> e,
        Vector512<TKey> f,
        Vector512<TKey> g,
        Vector512<TKey> h,
        ref Vector512<TKey> highest)
    {
        Sort(ref a, ref b, ref c, ref d);
        Sort(ref e, ref f, ref g, ref h);
        highest = Vector512.Max(highest, Vector512.Max(a, e));

        // The k-th highest of both halves is the highest, over all i + j = k, of the lower of the i-th of one and the j-th of the other.
        return rank switch
        {
            1 => Vector512.Max(a, e),
            2 => Vector512.Max(Vector512.Max(b, f), Vector512.Min(a, e)),
            3 => Vector512.Max(Vector512.Max(c, g), Vector512.Max(Vector512.Min(a, f), Vector512.Min(b, e))),
            4 => Vector512.Max(Vector512.Max(Vector512.Max(d, h), Vector512.Min(a, g)), Vector512.Max(Vector512.Min(b, f), Vector512.Min(c, e))),
            5 => Vector512.Max(Vector512.Max(Vector512.Min(a, h), Vector512.Min(b, g)), Vector512.Max(Vector512.Min(c, f), Vector512.Min(d, e))),
            6 => Vector512.Max(Vector512.Min(b, h), Vector512.Max(Vector512.Min(c, g), Vector512.Min(d, f))),
            7 => Vector512.Max(Vector512.Min(c, h), Vector512.Min(d, g)),
            _ => Vector512.Min(d, h),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sort<TKey>(ref Vector512<TKey> a, ref Vector512<TKey> b, ref Vector512<TKey> c, ref Vector512<TKey> d)
    {
        Sort(ref a, ref b);
        Sort(ref c, ref d);
        Sort(ref a, ref c);
        Sort(ref b, ref d);
        Sort(ref b, ref c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sort<TKey>(ref Vector512<TKey> high, ref Vector512<TKey> low) => (high, low) = (Vector512.Max(high, low), Vector512.Min(high, low));
}
