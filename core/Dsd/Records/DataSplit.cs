namespace Dsd.Records;

/// <summary>A split of a data set.</summary>
public enum DataSplit
{
    /// <summary>The split for training.</summary>
    Train,

    /// <summary>The split held out of train; the only one for selection.</summary>
    Validation,

    /// <summary>The split that is read once per arm, after all choices are made.</summary>
    Test,
}
