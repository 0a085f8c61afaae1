using Dsd.Execution;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Resolves schedules against live models, trains a model by a plan, and returns the record.</summary>
public static class Trainer
{
    /// <summary>Resolves a schedule against a live model.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="model">The model.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="methods">The custom distributions and patterns that the schedule names, as <c>MaskMethods</c> provides them. Default null: none.</param>
    /// <exception cref="PlanException">The schedule does not fit the model; the exception lists all issues.</exception>
    /// <exception cref="DsdException">The model has no parameters.</exception>
    public static Plan On(this Schedule schedule, nn.Module model, int stepsPerEpoch, IPlanMethods? methods = null) =>
        Plan.Resolve(schedule, ModelInspection.ShapeToPlan(model), stepsPerEpoch, methods);

    /// <summary>Trains one arm from the model as it is.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The model, initialised and on its device; it is trained in place.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">The seed, the optimiser and other settings. Default: <see cref="TrainerSettings"/>'s defaults.</param>
    /// <param name="observer">Called with each event as it happens; it cannot change training. Default: progress on standard error once the run has taken some seconds; <see cref="Observer.None"/> shows nothing.</param>
    /// <param name="arm">The name of the arm in the record. Default <c>"dsd"</c>.</param>
    /// <param name="folder">The folder for the record, checkpoints and weights of this run, new or opened to continue it. Default null: nothing is written.</param>
    /// <param name="cancellation">Stops the run after the step in progress, with a checkpoint; the record then ends as cancelled. A notebook's stop button does so too and, in a script, Ctrl-C if there is a folder and no token; the script then ends.</param>
    /// <returns>The record; <see cref="RunRecord.End"/> says whether the run completed or was cancelled.</returns>
    /// <exception cref="DsdException">The plan is for another model or another number of steps per epoch, or training diverged; the record ends as failed.</exception>
    public static RunRecord Run(
        Plan plan,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings? settings = null,
        Action<TrainingEvent>? observer = null,
        string arm = "dsd",
        RunFolder? folder = null,
        CancellationToken cancellation = default) =>
        FairComparison.RunPlanned([new PlannedArm(arm, plan)], model, task, settings, observer is null ? null : (_, happened) => observer(happened), null, folder, cancellation).Runs[0];
}
