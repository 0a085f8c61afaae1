using Dsd.Plans;
using Dsd.Records;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>One of the seeds that a <see cref="StackedRun"/> trains at once: all that a <see cref="TrainingRun"/> of it alone would be given.</summary>
/// <param name="Model">The network, initialised and on its device.</param>
/// <param name="Task">The data in this seed's order, the loss and the metrics.</param>
/// <param name="Settings">The settings, which differ between seeds in the seed alone.</param>
/// <param name="Observer">Called with each event of this seed.</param>
/// <param name="StepDone">Called after each step with the number of finished steps and the seconds so far. Default null: none.</param>
/// <param name="Checkpoint">Called between steps, when a checkpoint can be made, with true if training is about to be cancelled. Default null: none.</param>
/// <param name="Plan">The plan, if it has random masks of this seed; it is that of the others in all else. Default null: the plan of all.</param>
internal sealed record StackedSeed(
    nn.Module Model,
    ITrainingTask Task,
    TrainerSettings Settings,
    Action<TrainingEvent> Observer,
    Action<long, double>? StepDone = null,
    Action<TrainingRun, bool>? Checkpoint = null,
    Plan? Plan = null);
