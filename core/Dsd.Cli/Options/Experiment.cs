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
}
