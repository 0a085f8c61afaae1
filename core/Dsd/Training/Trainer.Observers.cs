using Dsd.Plans;
using Dsd.Records;
using static TorchSharp.torch;

namespace Dsd.Training;

public static partial class Trainer
{
    /// <summary>Trains one arm from the model as it is, watched by a ready-made observer.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="model">The model, initialised and on its device; it is trained in place.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">Seed, optimiser and the like; null for <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">The observer, e.g. <see cref="Observers.Console"/>.</param>
    /// <param name="arm">The name of the arm in the record. Default <c>"dsd"</c>.</param>
    /// <param name="cancellation">Stops the run after the step in progress; the record then ends as cancelled.</param>
    /// <returns>The record; <see cref="RunRecord.End"/> says whether the run completed or was cancelled.</returns>
    /// <exception cref="DsdException">The plan is for another model or another number of steps an epoch, or training diverged; the observer has seen the end of the record.</exception>
    public static RunRecord Run(
        Plan plan,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Observer observer,
        string arm = "dsd",
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Run(plan, model, task, settings, (Action<TrainingEvent>)observer.Observe, arm, cancellation);
    }

    /// <inheritdoc cref="Run(Plan, nn.Module, ITrainingTask, TrainerSettings?, Observer, string, CancellationToken)"/>
    public static RunRecord Run(Plan plan, nn.Module model, ITrainingTask task, Observer observer) => Run(plan, model, task, null, observer);
}
