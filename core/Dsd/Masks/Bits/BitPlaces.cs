using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dsd.Masks;

/// <summary>Lists the positions of the bits that are 1.</summary>
internal static unsafe class BitPlaces
{
    private const int AtOnce = 4;

    /// <summary>Writes the position of each bit that is 1, lowest first.</summary>
    /// <param name="words">At most 1024 words of 64 bits each.</param>
    /// <param name="places">Room for exactly as many places as there are such bits.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(ReadOnlySpan<ulong> words, Span<ushort> places)
    {
        // Four places a word are written without a branch, though most words have fewer; the next word's overwrite the surplus.
        var buffer = stackalloc ushort[(words.Length << 6) + AtOnce];
        var next = buffer;
        for (var w = 0; w < words.Length; w++)
        {
            var bits = words[w];
            var end = next + BitOperations.PopCount(bits);
            do
            {
                for (var i = 0; i < AtOnce; i++)
                {
                    next[i] = (ushort)((w << 6) + BitOperations.TrailingZeroCount(bits));
                    bits &= bits - 1;
                }

                next += AtOnce;
            }
            while (next < end);
            next = end;
        }

        new ReadOnlySpan<ushort>(buffer, places.Length).CopyTo(places);
    }
}
