namespace Dsd.Data;

/// <summary>How many edits turn references into what was recognised, over one or many utterances.</summary>
/// <param name="Substitutions">Symbols taken for others.</param>
/// <param name="Deletions">Symbols of references that are missing.</param>
/// <param name="Insertions">Symbols that no reference has.</param>
/// <param name="Length">Symbols of the references.</param>
public readonly record struct EditCounts(long Substitutions, long Deletions, long Insertions, long Length)
{
    /// <summary>All edits.</summary>
    public long Errors => Substitutions + Deletions + Insertions;

    /// <summary>Edits by symbols of the references: the error rate; 0 where there is neither, infinite where only the references are empty.</summary>
    public double Rate => Errors == 0 ? 0 : Errors / (double)Length;

    /// <summary>The counts of both together.</summary>
    public static EditCounts operator +(EditCounts left, EditCounts right) => left.Add(right);

    /// <summary>The counts of both together.</summary>
    /// <param name="other">The others.</param>
    public EditCounts Add(EditCounts other) => new(
        Substitutions + other.Substitutions, Deletions + other.Deletions, Insertions + other.Insertions, Length + other.Length);
}
