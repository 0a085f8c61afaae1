using System.Collections.Concurrent;
using Dsd.Masks;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Studies;
using Dsd.Studies.Running;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Trials of a study on the networks and data sets of this library, by the names in the catalogs.</summary>
/// <remarks>Shapes and steps load no native library. Each data set is read once and kept.</remarks>
/// <param name="root">The root of data sets named by the user, or null; see <see cref="DataFolder"/>. Default null.</param>
/// <param name="log">Is told what is being fetched. Default null: nobody is told.</param>
/// <param name="scoreFunctions">The functions of custom criteria by name. Default null: none.</param>
public sealed class CatalogTrials(
    string? root = null,
    Action<string>? log = null,
    IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>>? scoreFunctions = null) : ITrialSource
{
    private readonly ConcurrentDictionary<(string Data, int? Limit), IDataset> _loaded = new();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>> ScoreFunctions { get; } = scoreFunctions ?? new Dictionary<string, Func<PrunableWeight, Tensor>>();

    /// <inheritdoc/>
    public ModelShape Shape(StudySetting setting)
    {
        var (network, data) = Entries(setting);
        return network.Shape(data.Inputs, data.Classes);
    }

    /// <inheritdoc/>
    public int StepsPerEpoch(StudySetting setting)
    {
        var data = Entries(setting).Data;
        var examples = setting.TrainLimit ?? data.TrainExamples;
        if (examples > data.TrainExamples)
        {
            throw new DsdException(FormattableString.Invariant($"trainLimit {examples}: {data.Name} has {data.TrainExamples} examples to learn from."));
        }

        return setting.Batch <= examples
            ? examples / setting.Batch
            : throw new DsdException(FormattableString.Invariant($"batch {setting.Batch}: there are only {examples} examples to learn from."));
    }

    /// <summary>Finds the data sets of settings and checks them, or fetches them.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="cancellation">Breaks off; nothing is left behind then.</param>
    /// <exception cref="DsdException">Data cannot be found nor fetched, or are damaged.</exception>
    public void Obtain(IEnumerable<StudySetting> settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        foreach (var name in settings.Select(s => s.Data).Distinct())
        {
            DataCatalog.Get(name).Obtain(root, log, cancellation);
        }
    }

    /// <inheritdoc/>
    public (nn.Module Network, ILearningTask Task) Open(StudySetting setting, long seed)
    {
        var (network, entry) = Entries(setting);
        var data = _loaded.GetOrAdd((setting.Data, setting.TrainLimit), key =>
        {
            entry.Obtain(root, log);
            return entry.Load(root, key.Limit);
        });
        manual_seed(seed);
        return (network.Create(entry.Inputs, entry.Classes), data.Task(setting.Batch, seed, setting.Augment ? Augmentation.Usual : null));
    }

    private static (ModelEntry Network, DataEntry Data) Entries(StudySetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var (network, data) = (ModelCatalog.Get(setting.Network), DataCatalog.Get(setting.Data));
        if (network.Kind != data.Kind)
        {
            throw new DsdException($"{network.Name} is a network for {network.Kind.ToString().ToLowerInvariant()}, {data.Name} is {data.Kind.ToString().ToLowerInvariant()}; 'dsd models' and 'dsd data list' show what goes together.");
        }

        return setting.Augment && data.Kind != TaskKind.Images
            ? throw new DsdException($"augment: {data.Name} is {data.Kind.ToString().ToLowerInvariant()}, which cannot be augmented; leave it out.")
            : (network, data);
    }
}
