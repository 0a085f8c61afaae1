using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

public static partial class FairComparison
{
    /// <summary>Trains arms one after another from the model as it is, watched by a ready-made observer.</summary>
    /// <param name="arms">The arms, at least one, with different names.</param>
    /// <param name="model">The model, initialised and on its device; afterwards it holds the weights of the last arm.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">Seed, optimiser and the like; null for <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">The observer, e.g. <see cref="Observers.Console"/>.</param>
    /// <param name="armDone">Called when an arm is completed, while the model holds its weights. Default: nothing is called.</param>
    /// <param name="cancellation">Stops after the step in progress; every record that is not complete then ends as cancelled.</param>
    /// <returns>The records of all arms, in order.</returns>
    /// <exception cref="PlanException">A schedule does not fit the model.</exception>
    /// <exception cref="DsdException">Training diverged; the observer has seen the end of every record.</exception>
    /// <exception cref="ArgumentException">There is no arm, or two have the same name.</exception>
    public static Comparison Run(
        IReadOnlyList<Arm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Observer observer,
        Action<Arm, nn.Module>? armDone = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Run(arms, model, task, settings, (Action<Arm, TrainingEvent>)observer.Observe, armDone, cancellation);
    }

    /// <inheritdoc cref="Run(IReadOnlyList{Arm}, nn.Module, ITrainingTask, TrainerSettings?, Observer, Action{Arm, nn.Module}?, CancellationToken)"/>
    public static Comparison Run(IReadOnlyList<Arm> arms, nn.Module model, ITrainingTask task, Observer observer) => Run(arms, model, task, null, observer);
}
