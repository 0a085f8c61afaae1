namespace Dsd.Data;

/// <summary>The edit counts between references and recognised texts, over one or many utterances.</summary>
/// <param name="Substitutions">The number of substituted symbols.</param>
/// <param name="Deletions">The number of reference symbols that are missing.</param>
/// <param name="Insertions">The number of symbols that are not in the reference.</param>
/// <param name="Length">The number of symbols in the references.</param>
internal readonly record struct EditCounts(long Substitutions, long Deletions, long Insertions, long Length)
{
    /// <summary>The total number of edits.</summary>
    public long Errors => Substitutions + Deletions + Insertions;

    /// <summary>The error rate: edits per reference symbol; 0 if there are neither, infinite if only the references are empty.</summary>
    public double Rate => Errors == 0 ? 0 : Errors / (double)Length;

    /// <summary>Adds two counts.</summary>
    public static EditCounts operator +(EditCounts left, EditCounts right) => left.Add(right);

    /// <summary>Adds two counts.</summary>
    /// <param name="other">The other counts.</param>
    public EditCounts Add(EditCounts other) => new(
        Substitutions + other.Substitutions, Deletions + other.Deletions, Insertions + other.Insertions, Length + other.Length);
}
