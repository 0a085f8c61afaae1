using Dsd.Execution;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Trains a model by a plan and returns the record.</summary>
public static class Trainer
{
    /// <summary>Trains one arm from the model as it is.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The model, initialised and on its device; it is trained in place.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">The seed, the optimiser and other settings. Default: <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">Called with each event as it happens; it cannot change training. Default: progress on standard error once the run has taken some seconds; <see cref="Observers.None"/> shows nothing.</param>
    /// <param name="arm">The name of the arm in the record. Default <c>"dsd"</c>.</param>
    /// <param name="cancellation">Stops the run after the step in progress; the record then ends as cancelled.</param>
    /// <returns>The record; <see cref="RunRecord.End"/> says whether the run completed or was cancelled.</returns>
    /// <exception cref="DsdException">The plan is for another model or another number of steps per epoch, or training diverged; the record ends as failed.</exception>
    public static RunRecord Run(
        Plan plan,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings = null,
        Action<TrainingEvent>? observer = null,
        string arm = "dsd",
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(task);
        return FairComparison.RunPlanned([new PlannedArm(arm, plan)], model, task, settings, observer is null ? null : (_, happened) => observer(happened), null, cancellation).Runs[0];
    }
}
