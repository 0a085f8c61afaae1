using System.Text;

namespace Dsd.Data;

/// <summary>Alignments of recognised with reference texts by the fewest edits (Levenshtein, 1966).</summary>
internal static class EditDistance
{
    /// <summary>Counts the edits of a text by character; a space is a character.</summary>
    /// <param name="reference">The reference text.</param>
    /// <param name="recognised">The recognised text.</param>
    public static EditCounts Characters(string reference, string recognised)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(recognised);
        return Align<Rune>([.. reference.EnumerateRunes()], [.. recognised.EnumerateRunes()]);
    }

    /// <summary>Counts the edits of a text by word; words are separated by spaces.</summary>
    /// <param name="reference">The reference text.</param>
    /// <param name="recognised">The recognised text.</param>
    public static EditCounts Words(string reference, string recognised)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(recognised);
        return Align<string>(
            reference.Split(' ', StringSplitOptions.RemoveEmptyEntries), recognised.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Counts the edits of a cheapest alignment of two sequences.</summary>
    /// <param name="reference">The reference sequence.</param>
    /// <param name="recognised">The recognised sequence.</param>
    /// <param name="substitution">The cost of a substitution, at least 1. Default 1.</param>
    /// <param name="gap">The cost of a deletion or an insertion, at least 1. Default 1. NIST's sclite aligns with 4 and 3.</param>
    /// <returns>The counts of one cheapest alignment: from the end, a match or substitution is preferred to a deletion, and that to an insertion.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A cost is below 1.</exception>
    public static EditCounts Align<T>(ReadOnlySpan<T> reference, ReadOnlySpan<T> recognised, int substitution = 1, int gap = 1)
        where T : IEquatable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(substitution, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(gap, 1);
        var (row, counts) = (new long[recognised.Length + 1], new EditCounts[recognised.Length + 1]);
        for (var j = 1; j <= recognised.Length; j++)
        {
            (row[j], counts[j]) = ((long)j * gap, new(0, 0, j, 0));
        }

        for (var i = 1; i <= reference.Length; i++)
        {
            var (diagonal, diagonalCounts) = (row[0], counts[0]);
            (row[0], counts[0]) = ((long)i * gap, new(0, i, 0, 0));
            for (var j = 1; j <= recognised.Length; j++)
            {
                var same = reference[i - 1].Equals(recognised[j - 1]);
                var replace = diagonal + (same ? 0 : substitution);
                var (delete, insert) = (row[j] + gap, row[j - 1] + gap);
                var best = replace <= delete && replace <= insert ? (replace, same ? diagonalCounts : diagonalCounts with { Substitutions = diagonalCounts.Substitutions + 1 })
                    : delete <= insert ? (delete, counts[j] with { Deletions = counts[j].Deletions + 1 })
                    : (insert, counts[j - 1] with { Insertions = counts[j - 1].Insertions + 1 });
                (diagonal, diagonalCounts) = (row[j], counts[j]);
                (row[j], counts[j]) = best;
            }
        }

        return counts[recognised.Length] with { Length = reference.Length };
    }
}
