using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>A run, checked as far as that goes without data: its config, and what its names stand for.</summary>
/// <param name="Run">The whole run as data.</param>
/// <param name="Model">The network.</param>
/// <param name="Data">The data.</param>
/// <param name="Arms">The arms with their plans, which are shown and trained.</param>
internal sealed record Experiment(RunConfig Run, ModelEntry Model, DataEntry Data, IReadOnlyList<PlannedArm> Arms)
{
    /// <summary>The network, the data and how it is trained.</summary>
    public TrainingConfig Config => Run.Training;

    /// <summary>An arm's plan.</summary>
    public Plan PlanOf(Arm arm) => Arms.First(a => a.Name == arm.Name).Plan;
}
