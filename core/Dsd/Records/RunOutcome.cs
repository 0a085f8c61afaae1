namespace Dsd.Records;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All phases are done.</summary>
    Completed,

    /// <summary>It was stopped on request.</summary>
    Cancelled,

    /// <summary>An error stopped it.</summary>
    Failed,
}
