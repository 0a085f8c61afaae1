using Dsd.Plans;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>The source of the networks' shapes and the data's steps for a study plan, without any tensor.</summary>
public interface IStudySource
{
    /// <summary>Gets the parameters of the network of a training config.</summary>
    /// <param name="config">The training config.</param>
    /// <exception cref="DsdException">The network or data set does not exist, or they do not match.</exception>
    ModelShape Shape(TrainingConfig config);

    /// <summary>Gets the training steps in one epoch of a training config, at least 1.</summary>
    /// <param name="config">The training config.</param>
    /// <exception cref="DsdException">The data set does not exist, or has too few examples for the batch or the limit.</exception>
    int StepsPerEpoch(TrainingConfig config);

    /// <summary>The names of the available custom criteria. Default: none.</summary>
    IReadOnlyCollection<string> Criteria => [];

    /// <summary>The names of the custom updates that there are policies for. Default: none.</summary>
    IReadOnlyCollection<string> Updates => [];

    /// <summary>The custom distributions and patterns that plans may need. Default null: none.</summary>
    IPlanMethods? PlanMethods => null;
}
