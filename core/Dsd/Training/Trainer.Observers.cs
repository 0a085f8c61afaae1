using System.Runtime.CompilerServices;
using Dsd.Plans;
using Dsd.Records;
using static TorchSharp.torch;

namespace Dsd.Training;

// C# asks these last, so that new(…) and null go on meaning settings and a function.
public static partial class Trainer
{
    /// <summary>Trains one arm from the model as it is, watched by a ready-made observer.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="model">The model, initialised and on its device; it is trained in place.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">Seed, optimiser and the like; null for <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">The observer, e.g. <see cref="Observers.Console"/>.</param>
    /// <remarks>To cancel, or to name the arm, pass the observer's method to the other overload: <c>observer: Observers.Console().Observe</c>.</remarks>
    /// <returns>The record.</returns>
    /// <exception cref="DsdException">The plan is for another model or another number of steps an epoch, or training diverged; the observer has seen the end of the record.</exception>
    [OverloadResolutionPriority(-1)]
    public static RunRecord Run(
        Plan plan,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Observer observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Run(plan, model, task, settings, (Action<TrainingEvent>)observer.Observe);
    }

    /// <inheritdoc cref="Run(Plan, nn.Module, ITrainingTask, TrainerSettings?, Observer)"/>
    [OverloadResolutionPriority(-1)]
    public static RunRecord Run(Plan plan, nn.Module model, ITrainingTask task, Observer observer) => Run(plan, model, task, null, observer);
}
