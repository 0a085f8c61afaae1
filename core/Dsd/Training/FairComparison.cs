using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Trains several arms so that only their masks and rates tell them apart.</summary>
/// <remarks>
/// The leading phases that all arms share are trained once; from there each arm goes on from a copy of the same weights,
/// optimiser state and random state, with the same batches in the same order. Choices belong on the validation split: the
/// test split is read once for each arm, at its end.
/// </remarks>
public static partial class FairComparison
{
    /// <summary>Trains arms one after another from the model as it is.</summary>
    /// <param name="arms">The arms, at least one, with different names.</param>
    /// <param name="model">The model, initialised and on its device; afterwards it holds the weights of the last arm.</param>
    /// <param name="task">The data, the loss and the measure.</param>
    /// <param name="settings">Seed, optimiser and the like. Default: <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">Called with each arm's events as they happen; those of shared phases come once for each arm. Default: progress on standard error once training has taken some seconds; <see cref="Observers.None"/> shows nothing.</param>
    /// <param name="armDone">Is told when an arm is completed, while the model holds its weights. Default: nobody.</param>
    /// <param name="cancellation">Stops after the step in progress; every record that is not complete then ends as cancelled.</param>
    /// <returns>The records of all arms, in order.</returns>
    /// <exception cref="PlanException">A schedule does not fit the model.</exception>
    /// <exception cref="DsdException">Training diverged; every record that is not complete has been told of it.</exception>
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
        ArgumentNullException.ThrowIfNull(arms);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        if (arms.Count == 0 || arms.Select(a => a.Name).Distinct().Count() != arms.Count)
        {
            throw new ArgumentException("A comparison needs at least one arm, and each its own name.", nameof(arms));
        }

        var shape = ModelInspection.ShapeToPlan(model);
        return Run([.. arms.Select(a => (a, Plan.Resolve(a.Schedule, shape, task.StepsPerEpoch, settings?.Methods)))], model, task, settings, observer, armDone, cancellation);
    }

    internal static Comparison Run(
        IReadOnlyList<(Arm Arm, Plan Plan)> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Action<Arm, TrainingEvent>? observer,
        Action<Arm, nn.Module>? armDone,
        CancellationToken cancellation)
    {
        TorchRuntime.Configure();
        settings ??= new TrainerSettings();
        observer ??= Observers.Default().Observe;
        var records = arms.ToDictionary(a => a.Arm, _ => RunRecord.Empty);
        var reached = arms.ToDictionary(a => a.Arm, _ => (Step: 0L, Seconds: 0.0));
        foreach (var (_, plan) in arms)
        {
            settings.Methods.Check(plan);
        }

        var computation = Computation.Describe(model, settings.Precision, settings.Layout);
        try
        {
            foreach (var (arm, plan) in arms)
            {
                Tell(arm, TrainingRun.Describe(arm.Name, plan, model, task, settings, computation));
            }

            using var snapshot = arms.Count > 1 ? TrainShared() : null;
            foreach (var (arm, plan) in arms)
            {
                using var run = new TrainingRun(plan, model, task, settings, e => Tell(arm, e), (step, seconds) => reached[arm] = (step, seconds));
                if (snapshot is not null)
                {
                    run.Restore(snapshot);
                }

                run.RunTo(plan.TotalSteps, cancellation);
                run.Complete();
                armDone?.Invoke(arm, model);
            }
        }
        catch (OperationCanceledException)
        {
            EndOpen(RunOutcome.Cancelled, null);
        }
        catch (Exception e)
        {
            EndOpen(RunOutcome.Failed, e.Message);
            throw;
        }

        return new Comparison(arms.Select(a => records[a.Arm]).ToValueList());

        TrainingState TrainShared()
        {
            using var run = new TrainingRun(arms[0].Plan, model, task, settings, TellAll, (step, seconds) => arms.ToList().ForEach(a => reached[a.Arm] = (step, seconds)), arms.Select(a => a.Plan));
            run.RunTo(SharedPrefix.Steps([.. arms.Select(a => a.Plan)]), cancellation);
            return run.Capture();
        }

        void TellAll(TrainingEvent happened) => arms.ToList().ForEach(a => Tell(a.Arm, happened));

        void Tell(Arm arm, TrainingEvent happened)
        {
            records[arm] = records[arm].Apply(happened);
            observer(arm, happened);
        }

        void EndOpen(RunOutcome outcome, string? message)
        {
            foreach (var arm in records.Where(r => r.Value is { Start: not null, End: null }).Select(r => r.Key).ToList())
            {
                try
                {
                    Tell(arm, new RunEnded(reached[arm].Step, outcome, message, reached[arm].Seconds));
                }
                catch (IOException) when (outcome == RunOutcome.Failed)
                {
                    // What stopped the run was most likely this very observer, on a full disk; the first error is the one to report.
                }
            }
        }
    }
}
