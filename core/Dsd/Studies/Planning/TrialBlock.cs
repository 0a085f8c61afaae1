using Dsd.Plans;

namespace Dsd.Studies;

/// <summary>A block of trials of one seed that share their first phase, trained by one worker, which forks them from one checkpoint.</summary>
/// <param name="Name">The name of its first trial.</param>
/// <param name="Trials">The trials, in order.</param>
internal sealed record TrialBlock(string Name, ValueList<Trial> Trials)
{
    /// <summary>The number of leading steps that its trials share, trained once; 0 for a single trial.</summary>
    public long SharedSteps { get; } = Trials.Count > 1 ? Plans.SharedPrefix.Steps([.. Trials.Select(t => t.Treatment.Plan)]) : 0;

    /// <summary>The number of training steps of the whole block.</summary>
    public long Steps => SharedSteps + Trials.Sum(t => t.Treatment.Plan.TotalSteps - SharedSteps);
}
