using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Finds the key of a rank: of many keys by histograms, of the leading bits first, then of the next ones within the bucket found; of few keys by bisection, since a vector of them is compared at once.</summary>
internal static class KeyRank
{
    /// <summary>The number of chunks one thread counts at a time.</summary>
    public const int ChunksAPart = 256;

    private const int Digit = 11;
    private const long Few = 1 << 13;

    // Equal keys in a row would wait for each other's sum; neighbours are counted apart instead.
    private const int Ways = 4;

    /// <summary>Narrows a range of keys around the key of a rank, down to that key or until few keys lie in the range.</summary>
    /// <param name="chunks">The keys. More than 256 chunks are shared out over the threads, so that no thread of the team may ask.</param>
    /// <param name="low">The lowest key of the range.</param>
    /// <param name="high">The highest key of the range.</param>
    /// <param name="rank">Which key is looked for: the highest in the range is 1. There must be so many.</param>
    /// <param name="few">How many keys may lie in a range that is not narrowed further; 0 goes on to a single key.</param>
    /// <returns>The narrower range, and the rank in it.</returns>
    public static (TKey Low, TKey High, long Rank) Narrow<TChunk, TKey>(TChunk[] chunks, TKey low, TKey high, long rank, long few)
        where TChunk : struct, IKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        if (chunks.Sum(c => c.Count) <= Few)
        {
            return Bisect(chunks, low, high, rank);
        }

        var counts = new long[1 << Digit];
        while (low < high)
        {
            var bits = 64 - BitOperations.LeadingZeroCount(ulong.CreateTruncating(high - low));
            var shift = Math.Max(0, bits - Digit);
            Count(chunks, low, high, shift, counts);
            var bucket = int.CreateTruncating((high - low) >>> shift);
            while (counts[bucket] < rank)
            {
                rank -= counts[bucket--];
            }

            low += TKey.CreateTruncating(bucket) << shift;
            high = low + TKey.Min(high - low, (TKey.One << shift) - TKey.One);
            if (counts[bucket] <= few)
            {
                break;
            }
        }

        return (low, high, rank);
    }

    /// <summary>Halves the range until it is a single key.</summary>
    private static (TKey Low, TKey High, long Rank) Bisect<TChunk, TKey>(TChunk[] chunks, TKey low, TKey high, long rank)
        where TChunk : struct, IKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        // What ranks above the range, of which the rank knows nothing.
        var above = high == TKey.MaxValue ? 0 : CountFrom(chunks, high + TKey.One);
        var higher = above;
        while (low < high)
        {
            var middle = high - ((high - low) >>> 1);
            var count = CountFrom(chunks, middle);
            if (count - above >= rank)
            {
                low = middle;
            }
            else
            {
                (high, higher) = (middle - TKey.One, count);
            }
        }

        return (low, low, rank - (higher - above));
    }

    /// <summary>The number of keys that are equal to a key or higher.</summary>
    private static long CountFrom<TChunk, TKey>(TChunk[] chunks, TKey key)
        where TChunk : struct, IKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var count = 0L;
        foreach (var chunk in chunks)
        {
            count += CountFrom(chunk, key);
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long CountFrom<TChunk, TKey>(TChunk chunk, TKey key)
        where TChunk : struct, IKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var (keys, count, i) = (Vector512.Create(key), 0L, 0L);
        for (; i <= chunk.Count - Vector512<TKey>.Count; i += Vector512<TKey>.Count)
        {
            count += BitOperations.PopCount(Vector512.GreaterThanOrEqual(chunk.Load(i), keys).ExtractMostSignificantBits());
        }

        for (; i < chunk.Count; i++)
        {
            count += chunk[i] >= key ? 1 : 0;
        }

        return count;
    }

    private static void Count<TChunk, TKey>(TChunk[] chunks, TKey low, TKey high, int shift, long[] counts)
        where TChunk : struct, IKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        Array.Clear(counts);
        var parts = (chunks.Length + ChunksAPart - 1) / ChunksAPart;
        if (parts == 1)
        {
            CountPart(0);
        }
        else
        {
            CpuTeam.Run(parts, CountPart);
        }

        void CountPart(int part)
        {
            Span<uint> own = stackalloc uint[Ways << Digit];
            own.Clear();
            foreach (var chunk in chunks.AsSpan(part * ChunksAPart, Math.Min(ChunksAPart, chunks.Length - (part * ChunksAPart))))
            {
                CountChunk(chunk, low, high - low, shift, own);
            }

            lock (counts)
            {
                for (var i = 0; i < own.Length; i++)
                {
                    counts[i & ((1 << Digit) - 1)] += own[i];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CountChunk<TChunk, TKey>(TChunk chunk, TKey low, TKey width, int shift, Span<uint> counts)
        where TChunk : struct, IKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        for (var i = 0L; i < chunk.Count; i++)
        {
            var above = chunk[i] - low;
            if (above <= width)
            {
                counts[((int)(i & (Ways - 1)) << Digit) | int.CreateTruncating(above >>> shift)]++;
            }
        }
    }
}
