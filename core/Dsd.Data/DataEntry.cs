using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set of the catalogue: its description, and functions to find, download and load it.</summary>
/// <remarks>Counts are those of the whole data set, without a limit on the train split.</remarks>
public sealed record DataEntry
{
    private const int SpeechFrames = 256;
    private readonly Func<string?, string?> _find;
    private readonly Func<string?, Action<string>?, CancellationToken, string> _download;
    private readonly Func<string?, int?, int?, IDataset> _load;

    internal DataEntry(
        Func<string?, string?> find,
        Func<string?, Action<string>?, CancellationToken, string> download,
        Func<string?, int?, int?, IDataset> load) => (_find, _download, _load) = (find, download, load);

    /// <summary>The unique name, e.g. <c>"fashion-mnist"</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A short description.</summary>
    public required string Description { get; init; }

    /// <summary>The licence of the data.</summary>
    public required string Licence { get; init; }

    /// <summary>The authors' page.</summary>
    public required string Source { get; init; }

    /// <summary>The size of the download with its unit, e.g. <c>"31 MB"</c>.</summary>
    public required string Size { get; init; }

    /// <summary>The kind of task, which decides what networks can be trained on the data.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>The input size of a network for the data: image channels (1 for grey, 3 for colour), symbols of a text, length of an image feature, or spectrogram bins.</summary>
    public required int Inputs { get; init; }

    /// <summary>The output size of a network for the data: classes, symbols, words, or characters including CTC's blank.</summary>
    public required int Classes { get; init; }

    /// <summary>A one-line summary of the contents: the splits with their counts.</summary>
    public required string Contents { get; init; }

    /// <summary>The default height of an image in pixels as a network sees it; 0 if there are no images.</summary>
    public int Height { get; init; }

    /// <summary>The default width of an image in pixels as a network sees it; 0 if there are no images.</summary>
    public int Width { get; init; }

    /// <summary>True if only the user can provide the data: the entry describes them, and loading needs a name with a path.</summary>
    public bool IsOfTheUser { get; init; }

    /// <summary>The user's folder that holds the data; null for published data.</summary>
    public string? Folder { get; init; }

    /// <summary>The range of heights and widths, in pixels, to which images can be resized; null if their size is fixed.</summary>
    public (int Smallest, int Largest)? ImageSizes { get; init; }

    /// <summary>True if the size of images can be chosen.</summary>
    public bool HasImageSize => ImageSizes is not null;

    /// <summary>The classes of images, in the order of their labels from 0; none for other data.</summary>
    public ValueList<string> ClassNames { get; init; } = [];

    /// <summary>The channels of an image: 1 for grey, 3 for colour; 0 if the task is not image classification.</summary>
    public int Channels => Kind == TaskKind.Images ? Inputs : 0;

    /// <summary>The number of training examples: images, windows of a text, pairs of image and caption, or utterances.</summary>
    public required int TrainExamples { get; init; }

    /// <summary>The number of validation examples: images, characters of a text, or utterances.</summary>
    public required int ValidationExamples { get; init; }

    /// <summary>The number of test examples: images, characters of a text, or utterances.</summary>
    public required int TestExamples { get; init; }

    /// <summary>Lists the files as they are now; null if they are unknown.</summary>
    internal Func<IEnumerable<DataInventory.Entry>>? Files { get; init; }

    /// <summary>Creates an entry for data that only the user can provide: plans can be made for them, but nothing can be found or loaded.</summary>
    internal static DataEntry OfTheUser(string howToName) => new(
        _ => null,
        (_, _, _) => throw new DsdException(howToName),
        (_, _, _) => throw new DsdException(howToName))
    {
        Name = "",
        Description = "",
        Licence = "",
        Source = "",
        Size = "",
        Contents = "",
        Kind = default,
        Inputs = 0,
        Classes = 0,
        TrainExamples = 0,
        ValidationExamples = 0,
        TestExamples = 0,
        IsOfTheUser = true,
    };

    internal static string ContentsOfImages(int train, int validation, int test, int classes, int channels, int size) =>
        FormattableString.Invariant($"{train:N0} train, {validation:N0} validation, {test:N0} test; {classes} classes; {channels}×{size}×{size}");

    /// <summary>Lists the files of the data with sizes and hashes: the user's own as they are now, published ones as published.</summary>
    /// <returns>The list; null for the user's own data without a path. Contents are read once, and then identified by size and time of change.</returns>
    public DataInventory? Inventory() => Files is null ? null : new(Name, Files());

    /// <summary>Finds the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds all files, or null; their content is not checked.</returns>
    public string? Find(string? root = null) => _find(root);

    /// <summary>Finds and checks the data, or downloads it.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages: what is fetched, its size and its destination. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds the checked files.</returns>
    /// <exception cref="DsdException">The files found are damaged or different ones, or none are found and none can be downloaded.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default) =>
        _download(root, log, cancellation);

    /// <summary>Reads the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">The number of training examples, 1 to <see cref="TrainExamples"/>. Default null: all.</param>
    /// <param name="imageSize">Height and width in pixels of an image as a network sees it, one of <see cref="ImageSizes"/>. Default null: <see cref="Height"/>.</param>
    /// <exception cref="DsdException">The files are missing, damaged or others, or <paramref name="imageSize"/> is not allowed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainLimit"/> is outside its range.</exception>
    public IDataset Load(string? root = null, int? trainLimit = null, int? imageSize = null) =>
        ProblemOfSize(imageSize, "image size") is { } problem ? throw new DsdException(problem) : _load(root, trainLimit, imageSize);

    /// <summary>Lists the problems of the user's own data that can be found without decoding or training: skipped files, examples in two splits, classes missing from a split.</summary>
    /// <param name="trainLimit">The number of training examples, 1 to <see cref="TrainExamples"/>. Default null: all.</param>
    /// <param name="log">Receives a message before a long read. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The problems; none for published data, which are checked against their hashes.</returns>
    /// <exception cref="DsdException">The data cannot be read.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public ValueList<DataProblem> Problems(int? trainLimit = null, Action<string>? log = null, CancellationToken cancellation = default) => FindProblems(trainLimit, log, cancellation);

    /// <summary>The function behind <see cref="Problems"/>.</summary>
    internal Func<int?, Action<string>?, CancellationToken, ValueList<DataProblem>> FindProblems { private get; init; } = (_, _, _) => [];

    /// <summary>Explains why images cannot have a size; null if they can.</summary>
    /// <param name="imageSize">Height and width in pixels, or null for the default.</param>
    /// <param name="name">The name of the number in messages.</param>
    internal string? ProblemOfSize(int? imageSize, string name) => (imageSize, ImageSizes) switch
    {
        (null, _) => null,
        ({ } size, null) => size == Height && size == Width ? null
            : FormattableString.Invariant($"{name} {size}: {Name} {(Height > 0 ? $"has images of {Height}×{Width} only" : "holds no images")}; leave it out."),
        ({ } size, { } sizes) => size >= sizes.Smallest && size <= sizes.Largest ? null
            : FormattableString.Invariant($"{name} {size}: {Name} can have images of {sizes.Smallest} to {sizes.Largest} pixels in height and width; leave it out for {Height}."),
    };

    /// <summary>Runs a model on noise of the data's shape, e.g. to see how it is computed; needs no data.</summary>
    /// <param name="model">A model for this kind of task, on its device.</param>
    /// <param name="batchSize">The number of examples in the batch, at least 1.</param>
    /// <param name="imageSize">Height and width of an image in pixels, if <see cref="HasImageSize"/>. Default null: <see cref="Height"/>.</param>
    /// <param name="device">The device of the model. Default null: CPU.</param>
    /// <returns>The model's output, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The model's type does not match the kind of data.</exception>
    public Tensor ForwardNoise(nn.Module model, int batchSize, int? imageSize = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        var output = (Kind, model) switch
        {
            (TaskKind.Images, nn.Module<Tensor, Tensor> network) => network.call(randn(batchSize, Channels, imageSize ?? Height, imageSize ?? Width, device: device)),
            (TaskKind.Text, nn.Module<Tensor, Tensor> network) =>
                network.call(randint(Inputs, [batchSize, TextDataset.DefaultWindowLength], dtype: ScalarType.Int64, device: device)),
            (TaskKind.Captions, nn.Module<Tensor, Tensor, Tensor> network) =>
                network.call(randn(batchSize, Inputs, device: device), randint(Classes, [batchSize, Captioning.MostWords], dtype: ScalarType.Int64, device: device)),
            (TaskKind.Speech, SpeechNetwork network) => network.call(
                randn(batchSize, SpeechFrames, Inputs, device: device), full(batchSize, SpeechFrames, dtype: ScalarType.Int64, device: device)),
            _ => throw new ArgumentException($"The model {model.GetName()} is a {model.GetType().Name}, which cannot be trained on {Name}.", nameof(model)),
        };
        return output.MoveToOuterDisposeScope();
    }
}
