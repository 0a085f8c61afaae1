namespace Dsd.DeviceChecks;

/// <summary>How a stage stands.</summary>
internal enum StageStatus
{
    /// <summary>It has not ended; in a file of a process that is gone, it was interrupted.</summary>
    Running,

    /// <summary>Everything that it checked holds.</summary>
    Passed,

    /// <summary>Something does not hold, or it was interrupted.</summary>
    Failed,

    /// <summary>It could not run.</summary>
    Skipped,
}
