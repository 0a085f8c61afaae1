using System.Globalization;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Trains several arms that differ only in their masks and learning rates.</summary>
/// <remarks>
/// The leading phases that all arms share are trained once; from there each arm continues from a copy of the same weights,
/// optimiser state and random state, with the same batches in the same order. Base choices on the validation split: the
/// test split is read once for each arm, at its end.
/// </remarks>
public static class FairComparison
{
    /// <summary>Trains arms one after another from the model as it is.</summary>
    /// <param name="arms">The arms, at least one, with different names.</param>
    /// <param name="model">The model, initialised and on its device; afterwards it holds the weights of the last arm.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">The seed, the optimiser and other settings. Default: <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">Called with each arm's events as they happen; those of shared phases are repeated for each arm. Default: progress on standard error once training has taken some seconds; <see cref="Observer.None"/> shows nothing.</param>
    /// <param name="armDone">Runs when an arm is completed, while the model holds its weights. Default: none.</param>
    /// <param name="folder">
    /// The folder for records, checkpoints and weights of this run, new or opened to continue it. Default null: nothing is written. If files cannot be written, training goes
    /// on where it can, and <see cref="RunFolder.Failure"/> gives the reason.
    /// </param>
    /// <param name="cancellation">Stops after the step in progress, with a checkpoint; every record that is not complete then ends as cancelled. A notebook's stop button does so too and, in a script, Ctrl-C if there is a folder and no token; the script then ends.</param>
    /// <returns>The records of all arms, in order.</returns>
    /// <exception cref="PlanException">A schedule does not fit the model.</exception>
    /// <exception cref="DsdException">Training diverged, and every record that is not complete ends as failed; or the folder is of another run.</exception>
    /// <exception cref="ArgumentException">There is no arm, or two have the same name.</exception>
    public static Comparison Run(
        IReadOnlyList<Arm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings = null,
        Action<Arm, TrainingEvent>? observer = null,
        Action<Arm, nn.Module>? armDone = null,
        RunFolder? folder = null,
        CancellationToken cancellation = default)
    {
        Check(arms, a => a.Name, model, task);
        var shape = ModelInspection.ShapeToPlan(model);
        return RunChecked([.. arms.Select(a => new PlannedArm(a.Name, Plan.Resolve(a.Schedule, shape, task.StepsPerEpoch, settings?.Methods)))], model, task, settings, observer, armDone, folder, cancellation);
    }

    /// <summary>Trains planned arms one after another from the model as it is.</summary>
    /// <param name="arms">The arms, at least one, with different names, planned for this model and this task's steps per epoch.</param>
    /// <param name="model">The model, initialised and on its device; afterwards it holds the weights of the last arm.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">The seed, the optimiser and other settings. Default: <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">Called with each arm's events as they happen; those of shared phases are repeated for each arm. Default: progress on standard error once training has taken some seconds; <see cref="Observer.None"/> shows nothing.</param>
    /// <param name="armDone">Runs when an arm is completed, while the model holds its weights. Default: none.</param>
    /// <param name="folder">
    /// The folder for records, checkpoints and weights of this run, new or opened to continue it. Default null: nothing is written. If files cannot be written, training goes
    /// on where it can, and <see cref="RunFolder.Failure"/> gives the reason.
    /// </param>
    /// <param name="cancellation">Stops after the step in progress, with a checkpoint; every record that is not complete then ends as cancelled. A notebook's stop button does so too and, in a script, Ctrl-C if there is a folder and no token; the script then ends.</param>
    /// <returns>The records of all arms, in order.</returns>
    /// <exception cref="DsdException">A plan is for another model or another number of steps per epoch, or training diverged.</exception>
    /// <exception cref="ArgumentException">There is no arm, or two have the same name.</exception>
    public static Comparison RunPlanned(
        IReadOnlyList<PlannedArm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings = null,
        Action<Arm, TrainingEvent>? observer = null,
        Action<Arm, nn.Module>? armDone = null,
        RunFolder? folder = null,
        CancellationToken cancellation = default)
    {
        Check(arms, a => a.Name, model, task);
        return RunChecked(arms, model, task, settings, observer, armDone, folder, cancellation);
    }

    private static Comparison RunChecked(
        IReadOnlyList<PlannedArm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Action<Arm, TrainingEvent>? observer,
        Action<Arm, nn.Module>? armDone,
        RunFolder? folder,
        CancellationToken cancellation)
    {
        TorchRuntime.Configure();
        settings ??= new TrainerSettings();
        observer ??= Observer.Default().Observe;
        foreach (var arm in arms)
        {
            if (arm.Plan.StepsPerEpoch != task.StepsPerEpoch)
            {
                throw new DsdException(FormattableString.Invariant($"The plan counts {arm.Plan.StepsPerEpoch} steps an epoch, but {task.Name} has {task.StepsPerEpoch}. Make the plan with schedule.On(model, task.StepsPerEpoch)."));
            }

            settings.Methods.Check(arm.Plan);
        }

        if (settings.OnNonFinite == NonFiniteAction.Rollback && (folder is null || !settings.CheckpointEvery.IsRepeatable))
        {
            throw new DsdException("Going back to a checkpoint needs a run folder, and checkpoints every so many steps or epochs, so that the run is repeatable: e.g. checkpointEvery: CheckpointInterval.Every(Duration.Epochs(1)).");
        }

        using var stop = new StopRequest(folder is not null, NotebookOutput.Here(), cancellation);
        (Plan Plan, long Steps)? lead = arms.Count > 1 ? (arms[0].Plan, SharedPrefix.Steps([.. arms.Select(a => a.Plan)])) : null;
        var records = new ArmRecords(arms, model, observer, armDone, stop.Token);
        if (folder is not null)
        {
            new RecordedComparison(folder, arms, lead, model, task, settings, records).Run(stop.Token);
        }
        else
        {
            new ArmRunner(model, task, settings, FailureRule.EndAll, records, stop.Token).Run(arms, lead);
        }

        if (stop.IsMade && !records.Comparison.IsComplete)
        {
            stop.Say(Stopped(arms, records.Comparison, folder));
        }

        return records.Comparison;
    }

    private static string Stopped(IReadOnlyList<PlannedArm> arms, Comparison stopped, RunFolder? folder)
    {
        var (arm, run) = arms.Zip(stopped.Runs).First(a => a.Second.End?.Outcome != RunOutcome.Completed);
        var kept = folder switch
        {
            null => "Nothing is kept to continue from: a run keeps checkpoints if it is given a RunFolder.",
            { Failure: { } failure } => $"Its checkpoint could not be written to {folder.Path}: {failure}.",
            _ => $"Its checkpoint is in {folder.Path}. To continue, train again with RunFolder.Resume(\"{folder.Path.Replace("\\", "\\\\", StringComparison.Ordinal)}\") in place of RunFolder.Create.",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{arm.Name}: stopped after step {run.End?.Step ?? 0:N0} of {arm.Plan.TotalSteps:N0}. {kept}");
    }

    private static void Check<T>(IReadOnlyList<T> arms, Func<T, string> name, nn.Module model, ITrainingTask task)
    {
        ArgumentNullException.ThrowIfNull(arms);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        if (arms.Count == 0 || arms.Select(name).Distinct().Count() != arms.Count)
        {
            throw new ArgumentException("A comparison needs at least one arm, and each its own name.", nameof(arms));
        }
    }
}
