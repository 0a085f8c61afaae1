using Dsd.Masks;
using Dsd.Runs;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The source of study trials on the networks and data sets of the catalogues.</summary>
/// <remarks>Shapes and steps load no native library. Each data set is found and read once, and then kept.</remarks>
/// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
/// <param name="log">Receives progress messages. Default null: none.</param>
/// <param name="methods">The custom mask methods that schedules name. Default null: none.</param>
/// <param name="device">The device of networks and batches. Default null: CPU.</param>
public sealed class CatalogTrials(
    string? root = null,
    Action<string>? log = null,
    MaskMethods? methods = null,
    Device? device = null) : CatalogSource(root, log, device), ITrialSource
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);
    private readonly Action<string>? _log = log;

    /// <inheritdoc/>
    public MaskMethods Methods { get; } = methods ?? MaskMethods.None;

    /// <inheritdoc/>
    public string Locate(string data) => DataCatalog.Locate(data);

    /// <inheritdoc/>
    public DataInventory? Inventory(string data)
    {
        // Contents are read only the first time; for large data that takes minutes, so it is announced.
        using var timer = new Timer(_ => _log?.Invoke($"Reading the files of {data} to fingerprint them; next time only those that have changed are read"), null, s_silence, Timeout.InfiniteTimeSpan);
        return DataCatalog.Get(data).Inventory();
    }
}
