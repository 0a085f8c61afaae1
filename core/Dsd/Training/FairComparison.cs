using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
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
    /// <param name="cancellation">Stops after the step in progress; every record that is not complete then ends as cancelled.</param>
    /// <returns>The records of all arms, in order.</returns>
    /// <exception cref="PlanException">A schedule does not fit the model.</exception>
    /// <exception cref="DsdException">Training diverged; every record that is not complete ends as failed.</exception>
    /// <exception cref="ArgumentException">There is no arm, or two have the same name.</exception>
    public static Comparison Run(
        IReadOnlyList<Arm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings = null,
        Action<Arm, TrainingEvent>? observer = null,
        Action<Arm, nn.Module>? armDone = null,
        CancellationToken cancellation = default)
    {
        Check(arms, a => a.Name, model, task);
        var shape = ModelInspection.ShapeToPlan(model);
        return RunChecked([.. arms.Select(a => new PlannedArm(a.Name, Plan.Resolve(a.Schedule, shape, task.StepsPerEpoch, settings?.Methods)))], model, task, settings, observer, armDone, cancellation);
    }

    /// <summary>Trains planned arms one after another from the model as it is.</summary>
    /// <param name="arms">The arms, at least one, with different names, planned for this model and this task's steps per epoch.</param>
    /// <param name="model">The model, initialised and on its device; afterwards it holds the weights of the last arm.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">The seed, the optimiser and other settings. Default: <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">Called with each arm's events as they happen; those of shared phases are repeated for each arm. Default: progress on standard error once training has taken some seconds; <see cref="Observer.None"/> shows nothing.</param>
    /// <param name="armDone">Runs when an arm is completed, while the model holds its weights. Default: none.</param>
    /// <param name="cancellation">Stops after the step in progress; every record that is not complete then ends as cancelled.</param>
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
        CancellationToken cancellation = default)
    {
        Check(arms, a => a.Name, model, task);
        return RunChecked(arms, model, task, settings, observer, armDone, cancellation);
    }

    private static Comparison RunChecked(
        IReadOnlyList<PlannedArm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Action<Arm, TrainingEvent>? observer,
        Action<Arm, nn.Module>? armDone,
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

        var records = new Records(arms, model, observer, armDone, cancellation);
        new ArmRunner(model, task, settings, FailureRule.EndAll, records, cancellation)
            .Run(arms, arms.Count > 1 ? (arms[0].Plan, SharedPrefix.Steps([.. arms.Select(a => a.Plan)])) : null);
        return records.Comparison;
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

    /// <summary>Builds the records of all arms from their events.</summary>
    private sealed class Records(IReadOnlyList<PlannedArm> arms, nn.Module model, Action<Arm, TrainingEvent> observer, Action<Arm, nn.Module>? armDone, CancellationToken cancellation) : IArmListener
    {
        private readonly Dictionary<string, RunRecord> _records = arms.ToDictionary(a => a.Name, _ => RunRecord.Empty);

        public Comparison Comparison => new(arms.Select(a => _records[a.Name]).ToValueList());

        public void Happened(PlannedArm arm, TrainingEvent happened)
        {
            _records[arm.Name] = _records[arm.Name].Apply(happened);
            CustomCode.Run("the observer", $"at {happened.GetType().Name} of arm {arm.Name}", () => observer(arm.Arm, happened), NamesItsFile, cancellation);
        }

        public void Completed(PlannedArm arm) =>
            CustomCode.Run(nameof(armDone), $"for arm {arm.Name}", () => armDone?.Invoke(arm.Arm, model), NamesItsFile, cancellation);

        // Observers write the record; a full disk is none's fault.
        private static bool NamesItsFile(Exception e) => e is IOException or UnauthorizedAccessException;
    }
}
