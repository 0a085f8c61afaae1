namespace Dsd.Records;

/// <summary>A kind of <see cref="DataProblem"/>.</summary>
public enum DataProblemKind
{
    /// <summary>Examples or files that are excluded: neither trained on nor measured.</summary>
    LeftOut,

    /// <summary>Examples that are also in another split, so that measurements on them are biased by training or selection.</summary>
    InTwoParts,

    /// <summary>Classes or characters of which a split has no example.</summary>
    Missing,
}
