namespace Dsd.Records;

/// <summary>The state of a run or study in its folder.</summary>
internal enum RunState
{
    /// <summary>All arms, or all trials, are done.</summary>
    Complete,

    /// <summary>A process is at work in the folder.</summary>
    Running,

    /// <summary>It was interrupted or killed, and can be continued.</summary>
    Stopped,

    /// <summary>An arm failed.</summary>
    Failed,

    /// <summary>Its files cannot be read.</summary>
    Damaged,
}
