namespace Dsd.Masks;

/// <summary>Chooses exactly so many of the highest-ranking weights, over one tensor or several together.</summary>
/// <remarks>
/// Radix selection: a histogram of the keys' highest 16 bits tells in which bucket the last kept weight lies, a histogram of
/// the next 16 bits within that bucket narrows it down, until the key is known to the bit. Among equal keys the earlier
/// tensor and the lower index win, so that the count is exact even where all weights are equal. Time is linear.
/// </remarks>
internal static class TopSelection
{
    private const int Digit = 16;

    /// <summary>Chooses within one tensor.</summary>
    public static BitMask Choose<TKeys>(TKeys keys, long keep)
        where TKeys : struct, IWeightKeys => ChooseAcross([keys], keep, atLeastOneEach: false)[0];

    /// <summary>Chooses over several tensors with one ranking.</summary>
    /// <param name="tensors">The keys of each tensor.</param>
    /// <param name="keep">How many weights to keep in all.</param>
    /// <param name="atLeastOneEach">Whether the highest weight of each tensor that is not empty is kept in any case.</param>
    public static BitMask[] ChooseAcross<TKeys>(ReadOnlySpan<TKeys> tensors, long keep, bool atLeastOneEach)
        where TKeys : struct, IWeightKeys
    {
        var first = new long[tensors.Length];
        Array.Fill(first, -1);
        for (var t = 0; atLeastOneEach && t < tensors.Length; t++)
        {
            first[t] = IndexOfHighest(tensors[t]);
        }

        var (threshold, ties) = Threshold(tensors, first, keep - first.Count(f => f >= 0));
        var masks = new BitMask[tensors.Length];
        for (var t = 0; t < tensors.Length; t++)
        {
            masks[t] = Mark(tensors[t], first[t], threshold, ref ties);
        }

        return masks;
    }

    private static BitMask Mark<TKeys>(TKeys keys, long first, ulong threshold, ref long ties)
        where TKeys : struct, IWeightKeys
    {
        var words = BitMask.NewWords(keys.Count);
        for (var i = 0L; i < keys.Count; i++)
        {
            var key = keys[i];
            if (i == first || key > threshold || (key == threshold && ties-- > 0))
            {
                words[i >> 6] |= 1UL << (int)(i & 63);
            }
        }

        return new(words, keys.Count);
    }

    /// <summary>The key of the last weight to keep, and how many weights of that very key are kept; marked firsts are left out.</summary>
    private static (ulong Threshold, long Ties) Threshold<TKeys>(ReadOnlySpan<TKeys> tensors, long[] first, long keep)
        where TKeys : struct, IWeightKeys
    {
        if (keep <= 0)
        {
            return (ulong.MaxValue, 0);
        }

        var histogram = new long[1 << Digit];
        var prefix = 0UL;
        for (var shift = TKeys.Bits - Digit; shift >= 0; shift -= Digit)
        {
            Array.Clear(histogram);
            for (var t = 0; t < tensors.Length; t++)
            {
                Count(tensors[t], first[t], shift, prefix, histogram);
            }

            var bucket = histogram.Length - 1;
            while (histogram[bucket] < keep)
            {
                keep -= histogram[bucket--];
            }

            prefix = (prefix << Digit) | (uint)bucket;
        }

        return (prefix, keep);
    }

    private static void Count<TKeys>(TKeys keys, long first, int shift, ulong prefix, long[] histogram)
        where TKeys : struct, IWeightKeys
    {
        var top = shift == TKeys.Bits - Digit;
        for (var i = 0L; i < keys.Count; i++)
        {
            var key = keys[i];
            if (i != first && (top || key >> (shift + Digit) == prefix))
            {
                histogram[(int)(key >> shift) & 0xFFFF]++;
            }
        }
    }

    private static long IndexOfHighest<TKeys>(TKeys keys)
        where TKeys : struct, IWeightKeys
    {
        var best = keys.Count == 0 ? -1L : 0L;
        for (var i = 1L; i < keys.Count; i++)
        {
            best = keys[i] > keys[best] ? i : best;
        }

        return best;
    }
}
