using Dsd.Masks;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Makes what a trial trains, and knows the data of a study: networks and data by the names of a setting.</summary>
/// <remarks>
/// A library's or a program's own; that of the networks and data sets of this library is <c>CatalogTrials</c> in Dsd.Data. Both must be
/// pure functions of setting and seed, so that trials come out the same wherever and whenever they are run.
/// </remarks>
public interface ITrialSource : IStudySource, ITrainingSource
{
    /// <summary>The name that finds data from any working folder, e.g. with a full path. Default: the name itself.</summary>
    /// <param name="data">The name of data in a setting.</param>
    string Locate(string data) => data;

    /// <summary>Lists the files of data as they are now, so that a study is refused where they have changed. Default null: they cannot be compared.</summary>
    /// <param name="data">The name of data in a setting.</param>
    /// <exception cref="DsdException">The data are not there.</exception>
    DataInventory? Inventory(string data) => null;

    /// <summary>The functions of custom criteria by name. Default: none.</summary>
    IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>> ScoreFunctions => new Dictionary<string, Func<PrunableWeight, Tensor>>();

    /// <inheritdoc/>
    IReadOnlyCollection<string> IStudySource.Criteria => [.. ScoreFunctions.Keys];
}
