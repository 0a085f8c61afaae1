using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>A run that is checked as far as possible without data, with its names resolved.</summary>
/// <param name="Run">The whole run as data.</param>
/// <param name="Model">The network.</param>
/// <param name="Data">The data.</param>
/// <param name="Arms">The arms with their plans, as shown and trained.</param>
internal sealed record Experiment(RunConfig Run, ModelEntry Model, DataEntry Data, IReadOnlyList<PlannedArm> Arms)
{
    /// <summary>The training config.</summary>
    public TrainingConfig Config => Run.Training;

    /// <summary>Gets the plan of an arm.</summary>
    public Plan PlanOf(Arm arm) => Arms.First(a => a.Name == arm.Name).Plan;

    /// <summary>Plans all arms, or reports the issues of all; those of a schedule that only one arm has with the arm's name.</summary>
    public static List<PlannedArm> Planned(RunConfig run, ModelShape shape, int steps)
    {
        var issues = new List<PlanIssue>();
        foreach (var arm in run.Arms.OrderByDescending(a => a.Schedule == run.Schedule))
        {
            var isOwn = arm.Schedule != run.Schedule && arm != Arm.Control(run.Schedule);
            issues.AddRange(Plan.Check(arm.Schedule, shape, steps).Except(issues).Select(i => isOwn ? i with { Where = $"arm '{arm.Name}', {i.Where}" } : i).ToList());
        }

        return issues.Count == 0 ? [.. run.Arms.Select(a => new PlannedArm(a.Name, Plan.Resolve(a.Schedule, shape, steps)))] : throw new PlanException(issues.ToValueList());
    }
}
