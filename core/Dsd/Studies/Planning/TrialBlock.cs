using Dsd.Plans;

namespace Dsd.Studies;

/// <summary>The trials of one seed that share their first phase: trained together by one worker, which forks them from one checkpoint.</summary>
/// <param name="Name">Its name, that of its first trial.</param>
/// <param name="Trials">The trials, in order.</param>
public sealed record TrialBlock(string Name, ValueList<Trial> Trials)
{
    /// <summary>How many leading steps its trials share, and so are trained once; 0 for an only trial.</summary>
    public long SharedSteps { get; } = Trials.Count > 1 ? Plans.SharedPrefix.Steps([.. Trials.Select(t => t.Treatment.Plan)]) : 0;

    /// <summary>The steps to train for the whole block.</summary>
    public long Steps => SharedSteps + Trials.Sum(t => t.Treatment.Plan.TotalSteps - SharedSteps);
}
