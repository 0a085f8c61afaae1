using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A way of training within a study, common to all its seeds. Variants and arms with equal training share one.</summary>
/// <param name="Name">The name, from the first variant and arm that use it; folders are named after it.</param>
/// <param name="Config">The training config.</param>
/// <param name="Plan">The resolved plan, in which random masks do not have the seed of a trial yet.</param>
public sealed record Treatment(string Name, TrainingConfig Config, Plan Plan)
{
    /// <summary>Gets the schedule of one trial: as planned, with every random mask drawn from the trial's seed.</summary>
    /// <param name="seed">The seed of the trial.</param>
    public Schedule ScheduleFor(long seed) => ScheduleFor(Plan.Schedule, seed);

    /// <summary>Gets a schedule with the random masks of a trial's seed.</summary>
    internal static Schedule ScheduleFor(Schedule schedule, long seed) => new(schedule.Phases
        .Select(p => p.WithMask(p.Mask.WithCriterion(p.Mask.Criterion.WithSeedMovedBy(seed))))
        .ToValueList());
}
