using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Binds schedules to live models.</summary>
public static class ScheduleExtensions
{
    /// <summary>Resolves a schedule against a live model.</summary>
    /// <param name="schedule">What to do.</param>
    /// <param name="model">The model.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="methods">The distributions and patterns of the user's that the schedule names, as <c>MaskMethods</c> has them. Default null: none.</param>
    /// <exception cref="PlanException">The schedule does not fit the model; all issues are in it.</exception>
    /// <exception cref="DsdException">The model has no parameters.</exception>
    public static Plan On(this Schedule schedule, nn.Module model, int stepsPerEpoch, IPlanMethods? methods = null) =>
        Plan.Resolve(schedule, ModelInspection.ShapeToPlan(model), stepsPerEpoch, methods);
}
