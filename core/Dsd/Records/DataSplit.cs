namespace Dsd.Records;

/// <summary>A part of a data set and what it may be used for.</summary>
public enum DataSplit
{
    /// <summary>What the network learns from.</summary>
    Train,

    /// <summary>Held out of train; the only part on which anything may be chosen.</summary>
    Validation,

    /// <summary>Read once per arm, after all choices are made.</summary>
    Test,
}
