using System.Text;

namespace Dsd.Data;

/// <summary>Aligns what was recognised with what was said, by the fewest edits (Levenshtein, 1966).</summary>
public static class EditDistance
{
    /// <summary>The edits of a text, character by character; a space is a character.</summary>
    /// <param name="reference">What was said.</param>
    /// <param name="recognised">What was recognised.</param>
    public static EditCounts Characters(string reference, string recognised)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(recognised);
        return Align<Rune>([.. reference.EnumerateRunes()], [.. recognised.EnumerateRunes()]);
    }

    /// <summary>The edits of a text, word by word; words are what stands between spaces.</summary>
    /// <param name="reference">What was said.</param>
    /// <param name="recognised">What was recognised.</param>
    public static EditCounts Words(string reference, string recognised)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(recognised);
        return Align<string>(
            reference.Split(' ', StringSplitOptions.RemoveEmptyEntries), recognised.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The cheapest edits from one sequence to another.</summary>
    /// <param name="reference">The sequence that is right.</param>
    /// <param name="recognised">The other.</param>
    /// <param name="substitution">What a substitution costs, at least 1. Default 1.</param>
    /// <param name="gap">What a deletion or an insertion costs, at least 1. Default 1. NIST's sclite aligns with 4 and 3.</param>
    /// <returns>The counts of one of the cheapest alignments: from the end on, a match or substitution before a deletion before an insertion.</returns>
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
