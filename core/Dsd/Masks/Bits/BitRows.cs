namespace Dsd.Masks;

/// <summary>Moves rows of bits that begin anywhere in a word.</summary>
internal static class BitRows
{
    /// <summary>Sets a row of bits to 1.</summary>
    /// <param name="words">The words that are set.</param>
    /// <param name="from">The first bit.</param>
    /// <param name="count">How many there are, at least 1.</param>
    public static void Fill(Span<ulong> words, long from, long count)
    {
        var (first, last) = ((int)(from >> 6), (int)((from + count - 1) >> 6));
        var (low, high) = (ulong.MaxValue << (int)(from & 63), ulong.MaxValue >> (int)(63 - ((from + count - 1) & 63)));
        if (first == last)
        {
            words[first] |= low & high;
            return;
        }

        words[first] |= low;
        words[(first + 1)..last].Fill(ulong.MaxValue);
        words[last] |= high;
    }

    /// <summary>Copies a row of bits to the start of words.</summary>
    /// <param name="source">The words that hold the row.</param>
    /// <param name="from">Its first bit.</param>
    /// <param name="target">What is written; bits past the row become 0.</param>
    /// <param name="count">How many bits there are.</param>
    public static void Copy(ReadOnlySpan<ulong> source, long from, Span<ulong> target, long count)
    {
        var shift = (int)(from & 63);
        for (var w = 0; w < (count + 63) >> 6; w++)
        {
            var at = (int)(from >> 6) + w;
            var next = shift > 0 && at + 1 < source.Length ? source[at + 1] << (64 - shift) : 0;
            target[w] = (source[at] >> shift) | next;
        }

        if ((count & 63) != 0)
        {
            target[(int)(count >> 6)] &= (1UL << (int)(count & 63)) - 1;
        }
    }

    /// <summary>Adds a row of bits to words, of which others may be adding the bits before and after it at the same time.</summary>
    /// <param name="words">The words that are set.</param>
    /// <param name="from">The first bit.</param>
    /// <param name="row">The row, from its first bit on; bits past it are 0.</param>
    /// <param name="count">How many bits there are.</param>
    public static void Or(ulong[] words, long from, ReadOnlySpan<ulong> row, long count)
    {
        var (first, last, shift) = ((int)(from >> 6), (int)((from + count - 1) >> 6), (int)(from & 63));
        for (var w = first; w <= last; w++)
        {
            var at = w - first;
            var bits = at < row.Length ? row[at] << shift : 0;
            bits |= shift > 0 && at > 0 ? row[at - 1] >> (64 - shift) : 0;
            if (w == first || w == last)
            {
                Interlocked.Or(ref words[w], bits);
            }
            else
            {
                // Parts of a pattern that share a row share no word but at its ends.
                words[w] |= bits;
            }
        }
    }
}
