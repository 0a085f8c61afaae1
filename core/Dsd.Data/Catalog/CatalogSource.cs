using System.Collections.Concurrent;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Opens the networks and data sets of this library by the names in the catalogs.</summary>
/// <remarks>Shapes and steps load no native library. Each data set is looked up and read once, and kept.</remarks>
/// <param name="root">The root of data sets named by the user, or null; see <see cref="DataFolder"/>. Default null.</param>
/// <param name="log">Receives what is being fetched, as sentences. Default null: none.</param>
/// <param name="device">Where networks and batches are. Default null: CPU.</param>
public class CatalogSource(string? root = null, Action<string>? log = null, Device? device = null) : ITrainingSource
{
    private const long MostBytes = int.MaxValue;
    private readonly ConcurrentDictionary<(string Data, int? Limit, int? ImageSize), IDataset> _loaded = new();
    private readonly ConcurrentDictionary<string, DataEntry> _entries = new();
    private readonly ConcurrentDictionary<string, string> _places = new();

    /// <summary>The parameters of the network of a setting.</summary>
    /// <param name="setting">The setting.</param>
    /// <exception cref="DsdException">There is no such network or data set, or they do not go together.</exception>
    public ModelShape Shape(TrainingConfig setting)
    {
        var (network, data) = Entries(setting);
        return network.Shape(data.Inputs, data.Classes, setting.Width);
    }

    /// <summary>Training steps in one epoch of a setting, at least 1.</summary>
    /// <param name="setting">The setting.</param>
    /// <exception cref="DsdException">There is no such data set, or too few examples for the batch or the limit.</exception>
    public int StepsPerEpoch(TrainingConfig setting)
    {
        var data = Entries(setting).Data;
        return (setting.TrainLimit ?? data.TrainExamples) / setting.Batch;
    }

    /// <summary>Finds the data sets of settings and checks them, or fetches them.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="cancellation">Breaks off; nothing is left behind then.</param>
    /// <exception cref="DsdException">Data cannot be found nor fetched, or are damaged.</exception>
    public void Download(IEnumerable<TrainingConfig> settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        foreach (var name in settings.Select(s => s.Data).Distinct())
        {
            // Checking what is there takes a while, so it is done once.
            _places.GetOrAdd(name, n => Entry(n).Download(root, log, cancellation));
        }
    }

    /// <summary>The data of a setting, read once; fetched where they are not there yet.</summary>
    /// <param name="setting">The setting.</param>
    /// <exception cref="DsdException">Data cannot be found nor fetched, or are damaged, or do not go with the network.</exception>
    public IDataset Load(TrainingConfig setting)
    {
        var entry = Entries(setting).Data;
        return _loaded.GetOrAdd((setting.Data, setting.TrainLimit, setting.ImageSize), key =>
        {
            Download([setting]);
            return entry.Load(root, key.Limit, key.ImageSize);
        });
    }

    /// <summary>What is wrong with the data of some settings; of several data sets each by name. Decodes nothing, and fetches nothing.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="cancellation">Breaks off.</param>
    /// <exception cref="DsdException">Data of the user's own cannot be read.</exception>
    public ValueList<DataProblem> Problems(IEnumerable<TrainingConfig> settings, CancellationToken cancellation = default)
    {
        var sets = settings.Select(s => (s.Data, s.TrainLimit)).Distinct().ToList();
        return DataProblem.Merge(sets.SelectMany(set => Entry(set.Data).Problems(set.TrainLimit, log, cancellation)
            .Select(p => sets.Select(s => s.Data).Distinct().Count() > 1 ? p with { What = $"{p.What} of {set.Data}" } : p)));
    }

    /// <inheritdoc/>
    public (nn.Module Network, ITrainingTask Task) Open(TrainingConfig setting, long seed)
    {
        var (entry, data) = Entries(setting);
        var loaded = Load(setting);
        manual_seed(seed);
        var network = entry.Create(data.Inputs, data.Classes, setting.Width);
        if (device is not null)
        {
            network.to(device);
        }

        return (network, loaded.Task(setting.Batch, seed, setting.Augment ? loaded.UsualAugmentation : null, device));
    }

    /// <summary>The network and the data of a setting, once it is checked that they go together.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="fieldName">How messages call a field of a setting. Default null: as a study's JSON does, e.g. <c>"trainLimit"</c>.</param>
    /// <exception cref="DsdException">There is no such network or data set, or they or the numbers do not go together.</exception>
    public (ModelEntry Network, DataEntry Data) Entries(TrainingConfig setting, Func<string, string>? fieldName = null)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var name = fieldName ?? (field => field);
        var (network, data) = (ModelCatalog.Get(setting.Network), Entry(setting.Data));
        var problems = Problems(setting, network, data, name).OfType<string>().ToList();
        return problems.Count == 0 ? (network, data) : throw new DsdException(string.Join('\n', problems));
    }

    /// <summary>Lists the problems of a setting; null for each check that it passes.</summary>
    private static IEnumerable<string?> Problems(TrainingConfig setting, ModelEntry network, DataEntry data, Func<string, string> name)
    {
        if (network.Kind != data.Kind)
        {
            // What else is wrong cannot be said of data that are not the network's.
            return [$"{name("network")} {network.Name} learns from {Words(network.Kind)}, but {name("data")} {data.Name} holds {Words(data.Kind)}. "
                + $"For {network.Name} there is {Names(DataCatalog.All.Where(d => d.Kind == network.Kind).Select(d => d.Name))}; "
                + $"from {data.Name} can learn {Names(ModelCatalog.All.Where(m => m.Kind == data.Kind).Select(m => m.Name))}."];
        }

        var examples = setting.TrainLimit ?? data.TrainExamples;
        var ofSize = data.ProblemOfSize(setting.ImageSize, name("imageSize"));
        return [
            setting.Augment && data.Kind != TaskKind.Images ? $"{name("augment")}: {data.Name} holds {Words(data.Kind)}, and only images are varied; leave it out." : null,
            setting.Width != 1 && !network.HasWidth ? FormattableString.Invariant($"{name("width")} {setting.Width}: {network.Name} has one width; leave it out. Of any width are {Names(ModelCatalog.All.Where(m => m.HasWidth).Select(m => m.Name))}.")
                : setting.Width > ModelEntry.LargestWidth ? FormattableString.Invariant($"{name("width")} {setting.Width}: a width is a factor above 0 and at most {ModelEntry.LargestWidth}; 1 is the network as published.")
                : null,
            ofSize,
            examples > data.TrainExamples ? FormattableString.Invariant($"{name("trainLimit")} {examples}: {data.Name} has {data.TrainExamples} examples to learn from; give a number from 1 to that.") : null,
            setting.Batch > Math.Min(examples, data.TrainExamples) ? FormattableString.Invariant($"{name("batch")} {setting.Batch}: a batch holds from 1 to {Math.Min(examples, data.TrainExamples)} examples, which is all there are to learn from.") : null,
            data.ValidationExamples < 1 || data.TestExamples < 1 ? $"{name("data")} {data.Name} has nothing {(data.ValidationExamples < 1 ? "for validation" : "for the test")}, and every run is measured on both: {data.Contents}." : null,
            ofSize is null && data.Kind == TaskKind.Images && MostBytes < BytesOfImages(setting, data) ? FormattableString.Invariant($"{name("batch")} {setting.Batch}: images of {setting.ImageSize ?? data.Height}×{setting.ImageSize ?? data.Width} fill more than 2 GB in such a batch; give a smaller one.") : null,
        ];
    }

    // A folder of the user's is listed once, whatever name it goes by: of millions of files that takes seconds.
    private DataEntry Entry(string name) => _entries.GetOrAdd(DataCatalog.Locate(name), DataCatalog.Get);

    private static long BytesOfImages(TrainingConfig setting, DataEntry data) =>
        sizeof(float) * (long)setting.Batch * data.Channels * (setting.ImageSize ?? data.Height) * (setting.ImageSize ?? data.Width);

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none yet"));

    private static string Words(TaskKind kind) => kind switch
    {
        TaskKind.Images => "images",
        TaskKind.Text => "text",
        TaskKind.Captions => "images with captions",
        _ => "speech",
    };
}
