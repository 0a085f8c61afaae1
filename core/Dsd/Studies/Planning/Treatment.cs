using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>One way of training within a study: what every seed of it does. Variants and arms that come to the same share one.</summary>
/// <param name="Name">Its name, that of the first variant and arm that want it; folders are called after it.</param>
/// <param name="Config">What it is trained on and with.</param>
/// <param name="Plan">What it does, resolved; a random mask has the seed of no trial here.</param>
public sealed record Treatment(string Name, TrainingConfig Config, Plan Plan)
{
    /// <summary>The schedule of one trial: as planned, with every random mask drawn from the trial's seed.</summary>
    /// <param name="seed">The seed of the trial.</param>
    public Schedule ScheduleFor(long seed) => ScheduleFor(Plan.Schedule, seed);

    /// <summary>A schedule as a trial of a seed carries it out.</summary>
    internal static Schedule ScheduleFor(Schedule schedule, long seed) => new(schedule.Phases
        .Select(p => p.Mask.Criterion is { Kind: CriterionKind.Random } random ? p.WithMask(p.Mask.WithCriterion(MaskCriterion.Random(unchecked(random.Seed + seed)))) : p)
        .ToValueList());
}
