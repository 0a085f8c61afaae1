using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Binds schedules to live models.</summary>
public static class ScheduleExtensions
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

    /// <summary>Resolves an arm's schedule against a live model.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="model">The model.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="methods">The custom distributions and patterns that the schedule names. Default null: none.</param>
    /// <exception cref="PlanException">The schedule does not fit the model; the exception lists all issues.</exception>
    /// <exception cref="DsdException">The model has no parameters.</exception>
    public static PlannedArm On(this Arm arm, nn.Module model, int stepsPerEpoch, IPlanMethods? methods = null)
    {
        ArgumentNullException.ThrowIfNull(arm);
        return new(arm.Name, arm.Schedule.On(model, stepsPerEpoch, methods));
    }
}
