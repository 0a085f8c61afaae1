using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>What came out of a trial.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Record">Its record; with the test measurement where the judgement read the test split.</param>
/// <param name="Fork">The hash of the checkpoint from which it was forked, the same in all trials of its block; null where it shares nothing.</param>
public sealed record TrialResult(Trial Trial, RunRecord Record, string? Fork)
{
    /// <summary>The data that it was trained on; null where they are not known.</summary>
    public DataFingerprint? Data { get; init; }

    /// <summary>Whether it failed because training diverged.</summary>
    public bool HasDiverged { get; init; }

    /// <summary>Whether it was trained to its end.</summary>
    public bool IsComplete => Record.End?.Outcome == RunOutcome.Completed;
}
