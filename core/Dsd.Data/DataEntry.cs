using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set in the catalog: what it is, and how to find, obtain and load it.</summary>
/// <remarks>The counts are those of the whole data set, without a limit on the train part.</remarks>
public sealed record DataEntry
{
    private const int SpeechFrames = 256;
    private readonly Func<string?, string?> _find;
    private readonly Func<string?, Action<string>?, CancellationToken, string> _download;
    private readonly Func<string?, int?, int?, IDataset> _load;

    internal DataEntry(
        Func<string?, string?> find,
        Func<string?, Action<string>?, CancellationToken, string> obtain,
        Func<string?, int?, int?, IDataset> load) => (_find, _download, _load) = (find, obtain, load);

    /// <summary>Its name, e.g. <c>"fashion-mnist"</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in a few words.</summary>
    public required string Description { get; init; }

    /// <summary>The licence of the data.</summary>
    public required string Licence { get; init; }

    /// <summary>The page of its authors.</summary>
    public required string Source { get; init; }

    /// <summary>The size of the download with its unit, e.g. <c>"31 MB"</c>.</summary>
    public required string Size { get; init; }

    /// <summary>What it holds, and so which networks can learn from it.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>The inputs of a network that learns from it: channels of an image, 1 for grey and 3 for colour, symbols of a text, numbers of an image's feature, or bins of a spectrogram.</summary>
    public required int Inputs { get; init; }

    /// <summary>The number of classes, of symbols or words that can follow, or of characters with CTC's blank.</summary>
    public required int Classes { get; init; }

    /// <summary>What is in it, in one line: its parts, with what is counted in each.</summary>
    public required string Contents { get; init; }

    /// <summary>Rows of an image as a network sees it, unless another size is asked for; 0 where there are no images.</summary>
    public int Height { get; init; }

    /// <summary>Columns of an image as a network sees it, unless another size is asked for; 0 where there are no images.</summary>
    public int Width { get; init; }

    /// <summary>Whether only the user can have it: it is described here, and named by a path when it is to be loaded.</summary>
    public bool IsOfTheUser { get; init; }

    /// <summary>The user's own folder that holds it; null for data that are published.</summary>
    public string? Folder { get; init; }

    /// <summary>The sizes, in rows and columns alike, from which one can be chosen for the images; null where there is no choice.</summary>
    public (int Smallest, int Largest)? ImageSizes { get; init; }

    /// <summary>Whether images are brought to a size that can be chosen.</summary>
    public bool HasImageSize => ImageSizes is not null;

    /// <summary>The classes of images, in the order of their labels from 0; none for other data.</summary>
    public ValueList<string> ClassNames { get; init; } = [];

    /// <summary>Channels of an image: 1 for grey, 3 for colour; 0 where no images are classified.</summary>
    public int Channels => Kind == TaskKind.Images ? Inputs : 0;

    /// <summary>How many examples there are to learn from: images, windows of a text, pairs of image and caption, or utterances.</summary>
    public required int TrainExamples { get; init; }

    /// <summary>How many examples there are to choose on: images, characters of a text, or utterances.</summary>
    public required int ValidationExamples { get; init; }

    /// <summary>How many examples there are for the test: images, characters of a text, or utterances.</summary>
    public required int TestExamples { get; init; }

    /// <summary>Lists the files as they are now; null where nothing is known of them.</summary>
    internal Func<IEnumerable<DataFile>>? Files { get; init; }

    /// <summary>An entry for data that only the user can have: a plan can be made for them, but nothing be found or loaded.</summary>
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

    /// <summary>Lists the files of the data with sizes and hashes: the user's own as they are now, published ones as they were published.</summary>
    /// <returns>The list; null for data that only the user has and that are not named by a path. Contents are read once, and then known by size and time.</returns>
    public DataInventory? Inventory() => Files is null ? null : new(Name, Files());

    /// <summary>Finds the data without fetching anything.</summary>
    /// <param name="root">The root named by the user, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds all the files, or null; their content is not checked.</returns>
    public string? Find(string? root = null) => _find(root);

    /// <summary>Finds the data and checks it, or fetches it.</summary>
    /// <param name="root">The root named by the user, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Is told what is being fetched, how big it is and where it goes. Default null: nobody is told.</param>
    /// <param name="cancellation">Breaks off; nothing is left behind then.</param>
    /// <returns>The folder that holds the files, each checked.</returns>
    /// <exception cref="DsdException">The files found are damaged or others, or none are found and none can be fetched.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default) =>
        _download(root, log, cancellation);

    /// <summary>Reads the data; never fetches anything.</summary>
    /// <param name="root">The root named by the user, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">How many examples to learn from, 1 to <see cref="TrainExamples"/>. Default null: all.</param>
    /// <param name="imageSize">Rows and columns of an image as a network sees it, one of <see cref="ImageSizes"/>. Default null: <see cref="Height"/>.</param>
    /// <exception cref="DsdException">The files are missing, damaged or others, or images of another size are asked for than there can be.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainLimit"/> is outside its range.</exception>
    public IDataset Load(string? root = null, int? trainLimit = null, int? imageSize = null) =>
        ProblemOfSize(imageSize, "image size") is { } problem ? throw new DsdException(problem) : _load(root, trainLimit, imageSize);

    /// <summary>What is wrong with data of the user's own as far as can be told without decoding or training: files passed over, examples in two parts, classes that a part lacks.</summary>
    /// <param name="trainLimit">How many examples to learn from, 1 to <see cref="TrainExamples"/>. Default null: all.</param>
    /// <param name="log">Is told before much is read. Default null: nobody is told.</param>
    /// <param name="cancellation">Breaks off.</param>
    /// <returns>The problems; none of published data, which are checked against their hashes.</returns>
    /// <exception cref="DsdException">The data cannot be read.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public ValueList<DataProblem> Problems(int? trainLimit = null, Action<string>? log = null, CancellationToken cancellation = default) => FindProblems(trainLimit, log, cancellation);

    /// <summary>How <see cref="Problems"/> are found.</summary>
    internal Func<int?, Action<string>?, CancellationToken, ValueList<DataProblem>> FindProblems { private get; init; } = (_, _, _) => [];

    /// <summary>Why images cannot be brought to a size, or null where they can.</summary>
    /// <param name="imageSize">Rows and columns, or null for the usual.</param>
    /// <param name="name">What the number is called.</param>
    internal string? ProblemOfSize(int? imageSize, string name) => (imageSize, ImageSizes) switch
    {
        (null, _) => null,
        ({ } size, null) => size == Height && size == Width ? null
            : FormattableString.Invariant($"{name} {size}: {Name} {(Height > 0 ? $"has images of {Height}×{Width} alone" : "holds no images")}; leave it out."),
        ({ } size, { } sizes) => size >= sizes.Smallest && size <= sizes.Largest ? null
            : FormattableString.Invariant($"{name} {size}: {Name} can have images of {sizes.Smallest} to {sizes.Largest} rows and columns; leave it out for {Height}."),
    };

    /// <summary>Runs a model on noise in the form of the data, e.g. to see how it is computed; needs no data.</summary>
    /// <param name="model">A model that can learn from the data, on its device.</param>
    /// <param name="batchSize">Examples in the batch, at least 1.</param>
    /// <param name="imageSize">Rows and columns of an image, where <see cref="HasImageSize"/>. Default null: <see cref="Height"/>.</param>
    /// <param name="device">Where the model is. Default null: CPU.</param>
    /// <returns>What the model gives for it; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The model is of a type that cannot learn from such data.</exception>
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
            _ => throw new ArgumentException($"The model {model.GetName()} is a {model.GetType().Name}, which cannot learn from {Name}.", nameof(model)),
        };
        return output.MoveToOuterDisposeScope();
    }
}
