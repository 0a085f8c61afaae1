using System.Collections.Concurrent;
using Dsd.Masks;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Studies;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The networks and data sets of the catalogues, opened by name: for a single run, and as the source of study trials.</summary>
/// <remarks>Shapes and steps load no native library. Each data set is found and read once, and then kept.</remarks>
/// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
/// <param name="log">Receives progress messages. Default null: none.</param>
/// <param name="methods">The custom mask methods that schedules name. Default null: none.</param>
/// <param name="device">The device of networks and batches. Default null: CPU.</param>
public sealed class CatalogTrials(
    string? root = null,
    Action<string>? log = null,
    MaskMethods? methods = null,
    Device? device = null) : ITrialSource
{
    private const long MostBytes = int.MaxValue;
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(string Data, int? Limit, int? ImageSize), IDataset> _loaded = new();
    private readonly ConcurrentDictionary<(IDataset Whole, SeedDraw Draw), WeakReference<IDataset>> _drawn = new();
    private readonly ConcurrentDictionary<string, DataEntry> _entries = new();
    private readonly ConcurrentDictionary<string, string> _places = new();

    /// <inheritdoc/>
    public MaskMethods Methods { get; } = methods ?? MaskMethods.None;

    /// <summary>The parameters of the network of a training config.</summary>
    /// <param name="config">The training config.</param>
    /// <exception cref="DsdException">The network or data set does not exist, they do not match, or a number is out of range.</exception>
    public ModelShape Shape(TrainingConfig config)
    {
        var (network, data) = Entries(config);
        return network.Shape(data.Inputs, data.Classes, config.Width);
    }

    /// <summary>The number of training steps in one epoch of a training config, at least 1.</summary>
    /// <param name="config">The training config.</param>
    /// <exception cref="DsdException">The network or data set does not exist, they do not match, or a number is out of range.</exception>
    public int StepsPerEpoch(TrainingConfig config)
    {
        var data = Entries(config).Data;
        return (config.TrainLimit ?? data.TrainExamples) / config.Batch;
    }

    /// <summary>Finds and checks the data sets of training configs, or downloads them.</summary>
    /// <param name="configs">The training configs.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <exception cref="DsdException">Data cannot be found or downloaded, or are damaged.</exception>
    public void Download(IEnumerable<TrainingConfig> configs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(configs);
        foreach (var name in configs.Select(s => s.Data).Distinct())
        {
            // Checking existing data takes a while, so it is done once.
            _places.GetOrAdd(name, n => Entry(n).Download(root, log, cancellation));
        }
    }

    /// <summary>Reads the data of a training config, once; downloads them if they are missing.</summary>
    /// <param name="config">The training config.</param>
    /// <param name="seed">The seed of the run, on which data with label noise or a redraw depend. Default null: the config has neither.</param>
    /// <exception cref="ArgumentNullException">The data depend on the seed, and there is none.</exception>
    /// <exception cref="DsdException">Data cannot be found or downloaded, are damaged, or do not match the network.</exception>
    public IDataset Load(TrainingConfig config, long? seed = null)
    {
        var entry = Entries(config).Data;
        var whole = _loaded.GetOrAdd((config.Data, config.Redraw == Redraw.None ? config.TrainLimit : null, config.ImageSize), key =>
        {
            Download([config]);
            return entry.Load(root, key.Limit, key.ImageSize);
        });
        return SeedDraw.IsIn(config)
            ? Drawn((ILabelledImages)whole, SeedDraw.Of(config, seed ?? throw new ArgumentNullException(nameof(seed), "The data of this config depend on the seed of the run, by its label noise or its redraw; give the seed.")))
            : whole;
    }

    /// <summary>Lists the problems of the data of training configs, by name if there are several data sets. Decodes and downloads nothing.</summary>
    /// <param name="configs">The training configs.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="DsdException">The user's own data cannot be read.</exception>
    public ValueList<DataProblem> Problems(IEnumerable<TrainingConfig> configs, CancellationToken cancellation = default)
    {
        var sets = configs.Select(s => (s.Data, s.TrainLimit)).Distinct().ToList();
        return DataProblem.Merge(sets.SelectMany(set => Entry(set.Data).Problems(set.TrainLimit, log, cancellation)
            .Select(p => sets.Select(s => s.Data).Distinct().Count() > 1 ? p with { What = $"{p.What} of {set.Data}" } : p)));
    }

    /// <inheritdoc/>
    public (nn.Module Network, ITrainingTask Task) Open(TrainingConfig config, long seed)
    {
        var (entry, data) = Entries(config);
        var loaded = Load(config, seed);
        manual_seed(seed);
        var network = entry.Create(data.Inputs, data.Classes, config.Width);
        if (device is not null)
        {
            network.to(device);
        }

        return (network, loaded.Task(config.Batch, seed, config.Augment ? loaded.UsualAugmentation : null, device));
    }

    /// <inheritdoc/>
    public string Locate(string data) => DataCatalog.Locate(data);

    /// <inheritdoc/>
    public DataInventory? Inventory(string data)
    {
        // Contents are read only the first time; for large data that takes minutes, so it is announced.
        using var timer = new Timer(_ => log?.Invoke($"Reading the files of {data} to fingerprint them; next time only those that have changed are read"), null, s_silence, Timeout.InfiniteTimeSpan);
        return DataCatalog.Get(data).Inventory();
    }

    /// <summary>Gets the network and the data set of a training config, and checks that they match.</summary>
    /// <param name="config">The training config.</param>
    /// <param name="fieldName">The name of a field in messages. Default null: as in a study's JSON, e.g. <c>"trainLimit"</c>.</param>
    /// <exception cref="DsdException">The network or data set does not exist, they do not match, or a number is out of range.</exception>
    public (ModelEntry Network, DataEntry Data) Entries(TrainingConfig config, Func<string, string>? fieldName = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        var name = fieldName ?? (field => field);
        var (network, data) = (ModelCatalog.Get(config.Network), Entry(config.Data));
        var problems = Problems(config, network, data, name).OfType<string>().ToList();
        return problems.Count == 0 ? (network, data) : throw new DsdException(string.Join('\n', problems));
    }

    /// <summary>Lists the problems of a training config; null for each check that it passes.</summary>
    private static IEnumerable<string?> Problems(TrainingConfig config, ModelEntry network, DataEntry data, Func<string, string> name)
    {
        if (network.Kind != data.Kind)
        {
            // Further checks make no sense for data of another kind.
            return [$"{name("network")} {network.Name} learns from {Words(network.Kind)}, but {name("data")} {data.Name} holds {Words(data.Kind)}. "
                + $"For {network.Name} there is {Names(DataCatalog.All.Where(d => d.Kind == network.Kind).Select(d => d.Name))}; "
                + $"from {data.Name} can learn {Names(ModelCatalog.All.Where(m => m.Kind == data.Kind).Select(m => m.Name))}."];
        }

        var examples = config.TrainLimit ?? data.TrainExamples;
        var ofSize = data.ProblemOfSize(config.ImageSize, name("imageSize"));
        return [
            config.Augment && data.Kind != TaskKind.Images ? $"{name("augment")}: {data.Name} holds {Words(data.Kind)}, and only images are varied; leave it out." : null,
            config.Width != 1 && !network.HasWidth ? FormattableString.Invariant($"{name("width")} {config.Width}: {network.Name} has a fixed width; leave it out. Networks of variable width: {Names(ModelCatalog.All.Where(m => m.HasWidth).Select(m => m.Name))}.")
                : config.Width > ModelEntry.LargestWidth ? FormattableString.Invariant($"{name("width")} {config.Width}: a width factor must be above 0 and at most {ModelEntry.LargestWidth}; 1 is the network as published.")
                : null,
            ofSize,
            ofSize is null && data.Kind == TaskKind.Images && network.ProblemOfImages(data.Channels, config.ImageSize ?? data.Height, config.ImageSize ?? data.Width) is { } ofImages
                ? $"{name("network")} {network.Name} {ofImages}. {(data.ImageSizes is null ? $"{data.Name} has images of one size; choose another network or other data." : $"Set {name("imageSize")}, or choose another network.")}"
                : null,
            examples > data.TrainExamples ? FormattableString.Invariant($"{name("trainLimit")} {examples}: {data.Name} has {data.TrainExamples} training examples; give a number from 1 to {data.TrainExamples}.") : null,
            config.Batch > Math.Min(examples, data.TrainExamples) ? FormattableString.Invariant($"{name("batch")} {config.Batch}: the batch size must be 1 to {Math.Min(examples, data.TrainExamples)}, the number of training examples.") : null,
            config.LabelNoise is null ? null
                : data.Kind != TaskKind.Images ? $"{name("labelNoise")}: {data.Name} holds {Words(data.Kind)}, and only images have class labels that can be wrong; leave it out."
                : data.Classes < 2 ? $"{name("labelNoise")}: {data.Name} has one class, so no other can be a wrong label; leave it out."
                : null,
            config.Redraw == Redraw.None ? null
                : data.Kind != TaskKind.Images ? $"{name("redraw")}: {data.Name} holds {Words(data.Kind)}, and only images are drawn anew for each seed; leave it out."
                : config.Redraw == Redraw.Train && examples >= data.TrainExamples ? FormattableString.Invariant($"{name("redraw")} train: each seed would draw all {data.TrainExamples} training examples of {data.Name}, so nothing would differ. Set {name("trainLimit")} below {data.TrainExamples}, or use splits, which draws the validation examples too.")
                : null,
            data.ValidationExamples < 1 || data.TestExamples < 1 ? $"{name("data")} {data.Name} has nothing {(data.ValidationExamples < 1 ? "for validation" : "for the test")}, and every run is measured on both: {data.Contents}." : null,
            ofSize is null && data.Kind == TaskKind.Images && MostBytes < BytesOfImages(config, data) ? FormattableString.Invariant($"{name("batch")} {config.Batch}: images of {config.ImageSize ?? data.Height}×{config.ImageSize ?? data.Width} would fill more than 2 GB in such a batch; use a smaller one.") : null,
        ];
    }

    // The data of a seed are made anew if nothing trains or measures on them any more: those of all seeds of a study would not fit into memory.
    private ILabelledImages Drawn(ILabelledImages whole, SeedDraw draw)
    {
        if (_drawn.TryGetValue((whole, draw), out var kept) && kept.TryGetTarget(out var there))
        {
            return (ILabelledImages)there;
        }

        var drawn = whole.Drawn(draw);
        _drawn[(whole, draw)] = new(drawn);
        return drawn;
    }

    // A folder of the user's is listed once, under whatever name: for millions of files that takes seconds.
    private DataEntry Entry(string name) => _entries.GetOrAdd(DataCatalog.Locate(name), DataCatalog.Get);

    private static long BytesOfImages(TrainingConfig config, DataEntry data) =>
        sizeof(float) * (long)config.Batch * data.Channels * (config.ImageSize ?? data.Height) * (config.ImageSize ?? data.Width);

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none yet"));

    private static string Words(TaskKind kind) => kind switch
    {
        TaskKind.Images => "images",
        TaskKind.Text => "text",
        TaskKind.Captions => "images with captions",
        _ => "speech",
    };
}
