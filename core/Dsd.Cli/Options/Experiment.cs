using Dsd.Data;
using Dsd.Masks;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;

namespace Dsd.Cli;

/// <summary>A run that is checked as far as possible without data, with its names resolved.</summary>
/// <param name="Run">The whole run as data.</param>
/// <param name="Model">The network.</param>
/// <param name="Data">The data.</param>
/// <param name="Arms">The arms with their plans, as shown and trained.</param>
/// <param name="Methods">The given masks that schedules name.</param>
internal sealed record Experiment(RunConfig Run, ModelEntry Model, DataEntry Data, IReadOnlyList<PlannedArm> Arms, MaskMethods Methods)
{
    /// <summary>The training config.</summary>
    public TrainingConfig Config => Run.Training;

    /// <summary>Resolves the names of a recorded run.</summary>
    /// <exception cref="DsdException">Its network or data are not in the catalogue, a file of given masks cannot be read, or the plan of an arm has issues.</exception>
    public static Experiment Of(RunConfig run)
    {
        var catalog = new CatalogTrials();
        var model = ModelCatalog.Get(run.Training.Network);
        var data = catalog.Entries(run.Training, field => field).Data;
        if (run.Masks.Count > 0)
        {
            TorchInstall.Load();
        }

        var methods = MaskFiles.Read(run);
        return new(run, model, data, Planned(run, catalog.Shape(run.Training), catalog.StepsPerEpoch(run.Training), methods), methods);
    }

    /// <summary>Gets the plan of an arm.</summary>
    public Plan PlanOf(Arm arm) => Arms.First(a => a.Name == arm.Name).Plan;

    /// <summary>Plans all arms, or reports the issues of all. Issues of an arm's own schedule name the arm.</summary>
    public static List<PlannedArm> Planned(RunConfig run, ModelShape shape, int steps, MaskMethods methods)
    {
        var resolved = run.Arms.Select(a => (Arm: a, IsOwn: a.Schedule != run.Schedule && a != Arm.Control(run.Schedule), Plan: Plan.TryResolve(a.Schedule, shape, steps, methods, isToTrain: true))).ToList();
        var own = resolved.Where(r => r.IsOwn).SelectMany(r => r.Plan.Issues.Select(i => i with { Where = $"arm '{r.Arm.Name}', {i.Where}" }));
        var issues = resolved.Where(r => !r.IsOwn).OrderByDescending(r => r.Arm.Schedule == run.Schedule).SelectMany(r => r.Plan.Issues).Distinct().Concat(own).ToValueList();
        return issues.Count == 0 ? [.. resolved.Select(r => new PlannedArm(r.Arm.Name, r.Plan.Plan))] : throw new PlanException(issues);
    }
}
