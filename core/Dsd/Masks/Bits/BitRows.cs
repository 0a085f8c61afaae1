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

    /// <summary>Writes a row of bits into words, of which others may be writing the bits before and after it at the same time.</summary>
    /// <param name="words">The words; in the first and last of the row its bits are still 0.</param>
    /// <param name="from">The first bit.</param>
    /// <param name="row">The row, from its first bit on; bits past it are 0.</param>
    /// <param name="count">How many bits there are.</param>
    public static void Write(ulong[] words, long from, ReadOnlySpan<ulong> row, long count)
    {
        var (first, last, shift) = ((int)(from >> 6), (int)((from + count - 1) >> 6), (int)(from & 63));
        Interlocked.Or(ref words[first], row[0] << shift);
        if (first == last)
        {
            return;
        }

        // Only its ends share words with other rows. The others are not read: the first read of fresh memory would map it twice.
        var inner = words.AsSpan(first + 1, last - first - 1);
        for (var w = 0; w < inner.Length; w++)
        {
            inner[w] = Joined(row[w], row[w + 1], shift);
        }

        var next = last - first;
        Interlocked.Or(ref words[last], Joined(row[next - 1], next < row.Length ? row[next] : 0, shift));
    }

    /// <summary>The last bits of one word, then the first ones of the next.</summary>
    private static ulong Joined(ulong one, ulong other, int shift) => (other << shift) | (one >> 1 >> (63 - shift));
}
