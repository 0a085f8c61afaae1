namespace Dsd.Records;

/// <summary>The outcome of a run.</summary>
public enum RunOutcome
{
    /// <summary>All phases were completed.</summary>
    Completed,

    /// <summary>The run was stopped on request.</summary>
    Cancelled,

    /// <summary>The run was stopped by an error.</summary>
    Failed,
}
