using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
}
