using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dsd.Masks;

/// <summary>Compares 64 keys at a time with others.</summary>
/// <remarks>Its methods are calls of their own: inlined many times over, their vectors would no longer stay in registers.</remarks>
internal static class NeighbourBits<TKeys, TKey>
    where TKeys : struct, IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    // About as many weights as are compared while memory is waited for.
    private const int Ahead = 1 << 10;

    /// <summary>One bit for each of 64 weights: whether the weight at a distance ranks above it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static ulong Above(in TKeys source, long first, long distance)
    {
        if (Vector512<TKey>.Count == 16)
        {
            return Lanes(source, first, distance)
                | (Lanes(source, first + 16, distance) << 16)
                | (Lanes(source, first + 32, distance) << 32)
                | (Lanes(source, first + 48, distance) << 48);
        }

        var above = 0UL;
        for (var j = 0; j < 64; j += Vector512<TKey>.Count)
        {
            above |= Lanes(source, first + j, distance) << j;
        }

        return above;
    }

    /// <summary>True if the difference of two keys, as a signed number, says which is higher, and the processor gathers signs.</summary>
    public static bool HasSignedDifferences => typeof(TKeys) == typeof(MagnitudeKeys<uint>) && Avx512BW.IsSupported;

    /// <summary>One bit for each of 64 weights and each of three distances, of which the second is twice the first and so on: whether the weight there ranks above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (ulong One, ulong Two, ulong Three) AboveThree(in TKeys source, long first, int one, ref Vector512<TKey> highest)
    {
        var (a, b) = (source.Load(first), source.Load(first + 16));
        var (c, d) = (source.Load(first + 32), source.Load(first + 48));
        highest = Vector512.Max(Vector512.Max(highest, Vector512.Max(a, b)), Vector512.Max(c, d));
        for (var j = 0; j < 64; j += 16)
        {
            source.Prefetch(first + j + Ahead);
        }

        return (
            Signs(source, first + one, a.AsInt32(), b.AsInt32(), c.AsInt32(), d.AsInt32()),
            Signs(source, first + (2 * one), a.AsInt32(), b.AsInt32(), c.AsInt32(), d.AsInt32()),
            Signs(source, first + (3 * one), a.AsInt32(), b.AsInt32(), c.AsInt32(), d.AsInt32()));
    }

    /// <summary>The highest of 64 keys, lane by lane, counted from the lowest finite one. Later ones are fetched into the cache meanwhile.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<TKey> Highest(in TKeys source, long first, Vector512<TKey> lowests)
    {
        var highest = source.Load(first) - lowests;
        source.Prefetch(first + Ahead);
        for (var j = Vector512<TKey>.Count; j < 64; j += Vector512<TKey>.Count)
        {
            highest = Vector512.Max(highest, source.Load(first + j) - lowests);
            source.Prefetch(first + j + Ahead);
        }

        return highest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Lanes(in TKeys source, long first, long distance) =>
        Vector512.GreaterThan(source.Load(first + distance), source.Load(first)).ExtractMostSignificantBits();

    /// <summary>The signs of the differences from 64 other keys: narrowed to bytes, whose order the narrowing has changed by quarters of vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Signs(in TKeys source, long first, Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d)
    {
        var ab = Avx512BW.PackSignedSaturate(a - source.Load(first).AsInt32(), b - source.Load(first + 16).AsInt32());
        var cd = Avx512BW.PackSignedSaturate(c - source.Load(first + 32).AsInt32(), d - source.Load(first + 48).AsInt32());
        var order = Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        return Vector512.Shuffle(Avx512BW.PackSignedSaturate(ab, cd).AsInt32(), order).AsByte().ExtractMostSignificantBits();
    }
}
