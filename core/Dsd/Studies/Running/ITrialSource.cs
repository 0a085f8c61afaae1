using Dsd.Masks;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Creates the networks and tasks of trials, and knows a study's data; resolves the names in a config.</summary>
/// <remarks>
/// Implemented by a library or a program; <c>CatalogTrials</c> in Dsd.Data is that of this library's networks and data sets. Networks and tasks must be
/// pure functions of config and seed, so that trials can be reproduced anywhere.
/// </remarks>
public interface ITrialSource : IStudySource
{
    /// <summary>Creates a network and the task for one seed.</summary>
    /// <param name="config">The training config.</param>
    /// <param name="seed">The seed of initial weights, of the order of examples and of their augmentation.</param>
    /// <returns>The initialised network, which the caller disposes of, and the task.</returns>
    /// <exception cref="DsdException">There is no such network or data set, or the data are missing or damaged.</exception>
    (nn.Module Network, ITrainingTask Task) Open(TrainingConfig config, long seed);

    /// <summary>Returns the name that finds data from any working folder, e.g. with a full path. Default: the name itself.</summary>
    /// <param name="data">The name of the data in a config.</param>
    string Locate(string data) => data;

    /// <summary>Lists the current files of data, so that a study is rejected if they have changed. Default null: they cannot be compared.</summary>
    /// <param name="data">The name of the data in a config.</param>
    /// <exception cref="DsdException">The data are missing.</exception>
    DataInventory? Inventory(string data) => null;

    /// <summary>The custom mask methods that schedules name. Default: none.</summary>
    MaskMethods Methods => MaskMethods.None;

    /// <inheritdoc/>
    IReadOnlyCollection<string> IStudySource.Criteria => [.. Methods.Criteria.Keys];

    /// <inheritdoc/>
    IReadOnlyCollection<string> IStudySource.Updates => [.. Methods.Updates.Keys];

    /// <inheritdoc/>
    IPlanMethods? IStudySource.PlanMethods => Methods;
}
