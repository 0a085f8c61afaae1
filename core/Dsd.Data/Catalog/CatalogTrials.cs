using Dsd.Masks;
using Dsd.Runs;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Trials of a study on the networks and data sets of this library, by the names in the catalogs.</summary>
/// <param name="root">The root of data sets named by the user, or null; see <see cref="DataFolder"/>. Default null.</param>
/// <param name="log">Receives what is being fetched, as sentences. Default null: none.</param>
/// <param name="scoreFunctions">The functions of custom criteria by name. Default null: none.</param>
/// <param name="device">Where networks and batches are. Default null: CPU.</param>
public sealed class CatalogTrials(
    string? root = null,
    Action<string>? log = null,
    IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>>? scoreFunctions = null,
    Device? device = null) : CatalogSource(root, log, device), ITrialSource
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);
    private readonly Action<string>? _log = log;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>> ScoreFunctions { get; } = scoreFunctions ?? new Dictionary<string, Func<PrunableWeight, Tensor>>();

    /// <inheritdoc/>
    public string Locate(string data) => DataCatalog.Locate(data);

    /// <inheritdoc/>
    public DataInventory? Inventory(string data)
    {
        // Contents are read the first time alone; of large data that takes minutes, which are explained.
        using var timer = new Timer(_ => _log?.Invoke($"Reading the files of {data} to fingerprint them; next time only those that have changed are read"), null, s_silence, Timeout.InfiniteTimeSpan);
        return DataCatalog.Get(data).Inventory();
    }
}
