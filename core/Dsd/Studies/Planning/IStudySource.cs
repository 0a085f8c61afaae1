using Dsd.Plans;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>What a plan of a study must know of networks and data: shapes and steps, without any tensor.</summary>
public interface IStudySource
{
    /// <summary>The parameters of the network of a setting.</summary>
    /// <param name="setting">The setting.</param>
    /// <exception cref="DsdException">There is no such network or data set, or they do not go together.</exception>
    ModelShape Shape(TrainingConfig setting);

    /// <summary>Training steps in one epoch of a setting, at least 1.</summary>
    /// <param name="setting">The setting.</param>
    /// <exception cref="DsdException">There is no such data set, or too few examples for the batch or the limit.</exception>
    int StepsPerEpoch(TrainingConfig setting);

    /// <summary>The names of the custom criteria that there are functions for. Default: none.</summary>
    IReadOnlyCollection<string> Criteria => [];

    /// <summary>The names of the custom updates that there are policies for. Default: none.</summary>
    IReadOnlyCollection<string> Updates => [];

    /// <summary>The custom distributions and patterns that plans may need. Default null: none.</summary>
    IPlanMethods? PlanMethods => null;
}
