using System.Runtime.CompilerServices;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

// C# asks these last, so that new(…) and null go on meaning settings and a function.
public static partial class FairComparison
{
    /// <summary>Trains arms one after another from the model as it is, watched by a ready-made observer.</summary>
    /// <param name="arms">The arms, at least one, with different names.</param>
    /// <param name="model">The model, initialised and on its device; afterwards it holds the weights of the last arm.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">Seed, optimiser and the like; null for <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">The observer, e.g. <see cref="Observers.Console"/>.</param>
    /// <remarks>To cancel, or to be called at an arm's end too, pass the observer's method to the other overload: <c>observer: Observers.Console().Observe</c>.</remarks>
    /// <returns>The records of all arms, in order.</returns>
    /// <exception cref="PlanException">A schedule does not fit the model.</exception>
    /// <exception cref="DsdException">Training diverged; the observer has seen the end of every record.</exception>
    /// <exception cref="ArgumentException">There is no arm, or two have the same name.</exception>
    [OverloadResolutionPriority(-1)]
    public static Comparison Run(
        IReadOnlyList<Arm> arms,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings,
        Observer observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Run(arms, model, task, settings, (Action<Arm, TrainingEvent>)observer.Observe);
    }

    /// <inheritdoc cref="Run(IReadOnlyList{Arm}, nn.Module, ITrainingTask, TrainerSettings?, Observer)"/>
    [OverloadResolutionPriority(-1)]
    public static Comparison Run(IReadOnlyList<Arm> arms, nn.Module model, ITrainingTask task, Observer observer) => Run(arms, model, task, null, observer);
}
