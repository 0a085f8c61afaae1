namespace Dsd.Data;

/// <summary>A decoder of the format of the Unix program <c>compress</c> (<c>.Z</c>), without its three bytes of header.</summary>
/// <remarks>
/// Lempel, Ziv and Welch's codes of 9 to 16 bits, the least significant bit first, with a code that empties the table. They
/// come in groups of eight: where their width changes, the rest of the group is padding.
/// </remarks>
internal static class UnixCompress
{
    private const int FirstWidth = 9;
    private const int LastWidth = 16;
    private const int Clear = 256;
    private const int Codes = 1 << LastWidth;

    /// <summary>Decodes a stream of codes.</summary>
    /// <returns>True if the codes were complete and valid.</returns>
    public static bool TryExpand(ReadOnlySpan<byte> codes, Stream target)
    {
        var prefix = new int[Codes];
        var last = new byte[Codes];
        var text = new byte[Codes];
        var (next, width, previous, first) = (Clear + 1, FirstWidth, -1, (byte)0);
        long start = 0;
        for (long at = 0; at + width <= 8L * codes.Length;)
        {
            var code = Code(codes, at, width);
            at += width;
            if (code == Clear)
            {
                at = Filled(start, at, width);
                (start, next, width, previous) = (at, Clear + 1, FirstWidth, -1);
                continue;
            }

            // A code may be the one about to be added to the table; then it ends with its first byte.
            if (code > next || (code >= next && previous < 0) || (previous < 0 && code > byte.MaxValue))
            {
                return false;
            }

            var length = 0;
            var inner = code;
            if (code == next)
            {
                text[^++length] = first;
                inner = previous;
            }

            for (; inner > Clear; inner = prefix[inner])
            {
                text[^++length] = last[inner];
            }

            first = (byte)inner;
            text[^++length] = first;
            target.Write(text.AsSpan(text.Length - length));
            if (previous >= 0 && next < Codes)
            {
                (prefix[next], last[next]) = (previous, first);
                next++;
            }

            previous = code;
            if (next == 1 << width && width < LastWidth)
            {
                // The writer is one entry ahead of the reader.
                at = Filled(start, at, width);
                (start, width) = (at, width + 1);
            }
        }

        return true;
    }

    /// <summary>The bit at which codes of another width start, rounded up to groups of eight codes of the previous width.</summary>
    private static long Filled(long start, long at, int width) => start + ((at - start + (8L * width) - 1) / (8L * width) * (8L * width));

    private static int Code(ReadOnlySpan<byte> codes, long bit, int width)
    {
        var (place, shift) = ((int)(bit >> 3), (int)(bit & 7));
        var bits = codes[place] | (place + 1 < codes.Length ? codes[place + 1] << 8 : 0) | (place + 2 < codes.Length ? codes[place + 2] << 16 : 0);
        return (bits >> shift) & ((1 << width) - 1);
    }
}
