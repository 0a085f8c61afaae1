namespace Dsd.Records;

/// <summary>A kind of <see cref="DataProblem"/>.</summary>
public enum DataProblemKind
{
    /// <summary>Examples, or files, that were left out: neither learnt from nor measured.</summary>
    LeftOut,

    /// <summary>Examples that are used, and stand in another part of the data too: what is measured on them was learnt, or chosen, on the same.</summary>
    InTwoParts,

    /// <summary>Classes or characters of which a part has no example.</summary>
    Missing,
}
