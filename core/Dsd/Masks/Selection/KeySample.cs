using System.Numerics;
using System.Runtime.CompilerServices;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Draws a sample of keys: a few neighbours, which cost one memory access, from each of many equal stretches of all keys.</summary>
internal static class KeySample
{
    /// <summary>The number of neighbouring keys taken together.</summary>
    public const int Neighbours = 8;

    private const int StretchesAPart = 512;

    /// <summary>Draws the same sample whenever the tensors are of the same sizes.</summary>
    /// <param name="tensors">The keys of each tensor.</param>
    /// <param name="sample">What is filled; a multiple of <see cref="Neighbours"/> keys.</param>
    /// <param name="isShared">Whether the work is shared out over the threads, of which none may ask then.</param>
    public static void Draw<TKeys, TKey>(TKeys[] tensors, Memory<TKey> sample, bool isShared)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var count = tensors.Sum(t => t.Count);
        var stretches = sample.Length / Neighbours;
        var parts = (stretches + StretchesAPart - 1) / StretchesAPart;
        if (isShared)
        {
            CpuTeam.Run(parts, DrawPart);
            return;
        }

        for (var part = 0; part < parts; part++)
        {
            DrawPart(part);
        }

        void DrawPart(int part)
        {
            var first = part * StretchesAPart;
            var here = Math.Min(StretchesAPart, stretches - first);
            DrawStretches(tensors, first, (double)count / stretches, count, sample.Span.Slice(first * Neighbours, here * Neighbours));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DrawStretches<TKeys, TKey>(TKeys[] tensors, int first, double length, long count, Span<TKey> sample)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        // The first of the neighbours are read in a row, so that the memory is waited for together; the others lie beside them.
        Span<(int Tensor, long Index)> places = stackalloc (int, long)[StretchesAPart];
        var random = CounterRandom.For(0, "sample");
        var (tensor, before) = (0, 0L);
        for (var s = 0; s < sample.Length / Neighbours; s++)
        {
            var place = Math.Min(count - 1, (long)((first + s + random.Uniform(first + s)) * length));
            while (place - before >= tensors[tensor].Count)
            {
                before += tensors[tensor++].Count;
            }

            places[s] = (tensor, place - before);
            sample[s * Neighbours] = tensors[tensor][place - before];
        }

        for (var s = 0; s < sample.Length / Neighbours; s++)
        {
            var keys = tensors[places[s].Tensor];
            for (var i = 1; i < Neighbours; i++)
            {
                sample[(s * Neighbours) + i] = keys[Math.Min(keys.Count - 1, places[s].Index + i)];
            }
        }
    }
}
