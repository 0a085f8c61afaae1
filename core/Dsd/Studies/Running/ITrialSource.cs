using Dsd.Masks;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Makes what a trial trains: networks and data by the names of a setting.</summary>
/// <remarks>
/// A library's or a program's own; that of the networks and data sets of this library is <c>CatalogTrials</c> in Dsd.Data. Both must be
/// pure functions of setting and seed, so that trials come out the same wherever and whenever they are run.
/// </remarks>
public interface ITrialSource : IStudySource
{
    /// <summary>A new network and the task of one seed.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="seed">The seed of initial weights, of the order of examples and of their variation.</param>
    /// <returns>The network, initialised, which the caller disposes of; and the task.</returns>
    /// <exception cref="DsdException">The data are not there or damaged.</exception>
    (nn.Module Network, ITrainingTask Task) Open(TrainingConfig setting, long seed);

    /// <summary>The name that finds data from any working folder, e.g. with a full path. Default: the name itself.</summary>
    /// <param name="data">The name of data in a setting.</param>
    string Locate(string data) => data;

    /// <summary>Lists the files of data as they are now, so that a study is refused where they have changed. Default null: they cannot be compared.</summary>
    /// <param name="data">The name of data in a setting.</param>
    /// <exception cref="DsdException">The data are not there.</exception>
    DataInventory? Inventory(string data) => null;

    /// <summary>The mask methods of the user's that schedules name. Default: none.</summary>
    MaskMethods Methods => MaskMethods.None;

    /// <inheritdoc/>
    IReadOnlyCollection<string> IStudySource.Criteria => [.. Methods.Criteria.Keys];

    /// <inheritdoc/>
    IReadOnlyCollection<string> IStudySource.Updates => [.. Methods.Updates.Keys];

    /// <inheritdoc/>
    IPlanMethods? IStudySource.PlanMethods => Methods;
}
