using System.Runtime.CompilerServices;

namespace Dsd.Masks;

/// <summary>The ranks of 64 weights in their groups, as four words of one binary digit each.</summary>
internal static class RankDigits
{
    /// <summary>True where fewer than a limit, from 1 to 4, of three bits are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Fewer(int limit, ulong one, ulong two, ulong three) => limit switch
    {
        1 => ~(one | two | three),
        2 => ~((one & two) | (one & three) | (two & three)),
        3 => ~(one & two & three),
        _ => ulong.MaxValue,
    };

    /// <summary>Adds a bit to each of 64 numbers of as many binary digits, at most four, as hold the ranks in a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ulong bits, int of, ref ulong c0, ref ulong c1, ref ulong c2, ref ulong c3)
    {
        var carry = c0 & bits;
        c0 ^= bits;
        if (of > 4)
        {
            var next = c1 & carry;
            c3 ^= c2 & next;
            c2 ^= next;
        }

        c1 ^= carry;
    }

    /// <summary>Compares 64 numbers of at most four binary digits with one of at most 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Below(int limit, int of, ulong c0, ulong c1, ulong c2, ulong c3)
    {
        var (below, equal) = (0UL, ulong.MaxValue);
        if (of > 4)
        {
            Digit(limit, c3, 8, ref below, ref equal);
            Digit(limit, c2, 4, ref below, ref equal);
        }

        Digit(limit, c1, 2, ref below, ref equal);
        Digit(limit, c0, 1, ref below, ref equal);
        return below;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Digit(int limit, ulong digit, int value, ref ulong below, ref ulong equal)
    {
        var isSet = (limit & value) != 0 ? ulong.MaxValue : 0;
        below |= equal & ~digit & isSet;
        equal &= ~(digit ^ isSet);
    }
}
