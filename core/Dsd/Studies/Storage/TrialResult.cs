using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>The result of a trial.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Record">Its record, with the test measurement if the judgement read the test split.</param>
/// <param name="Fork">The hash of the checkpoint from which it was forked, the same for all trials of its block; null if it shares nothing.</param>
public sealed record TrialResult(Trial Trial, RunRecord Record, string? Fork)
{
    /// <summary>The data that it was trained on; null if unknown.</summary>
    public DataFingerprint? Data { get; init; }

    /// <summary>True if it failed because training diverged.</summary>
    public bool HasDiverged { get; init; }

    /// <summary>True if it was completed.</summary>
    public bool IsComplete => Record.End?.Outcome == RunOutcome.Completed;
}
