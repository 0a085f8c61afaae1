using System.Globalization;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set of images in folders, in the usual layout of ImageNet: <c>train/CLASS/IMAGE</c>, <c>val/CLASS/IMAGE</c> and optionally <c>test/CLASS/IMAGE</c>.</summary>
/// <remarks>
/// Classes are the folders of <c>train</c> in ordinal order. With <c>test</c>, <c>val</c> is the validation split; without it, <c>val</c> is
/// the test split, to be read once, and 50 images of each class of <c>train</c>, but at most a tenth of them (one of fewer than ten), are held out for
/// validation: always the same ones, selected by file name. Class folders are read recursively. Opening lists names; images are decoded on demand, on several threads.
/// An image is converted to colour, resized and cropped to a square, and normalised with ImageNet's means and deviations. For measurement,
/// its shorter side becomes 256/224 of the square's (the usual recipe for 224), and the centre is cropped.
/// An image that cannot be decoded is excluded: in training another of its class replaces it in the batch, in measurements it does not
/// count. More than 1 % of a split, and more than ten, are an error.
/// </remarks>
internal sealed class ImageFolder : ILabelledImages
{
    /// <summary>The name of the format, before the colon in <c>imagenet:/path</c>.</summary>
    public const string Format = "imagenet";

    /// <summary>Height and width in pixels of an image as a network sees it, unless another size is asked for: 224.</summary>
    public const int DefaultImageSize = 224;

    /// <summary>The largest height and width in pixels: 1024.</summary>
    public const int LargestImageSize = 1024;

    /// <summary>The smallest height and width in pixels: 8.</summary>
    public const int SmallestImageSize = 8;

    private readonly FolderListing _listing;
    private readonly SeedDraw? _draw;
    private readonly Dictionary<DataSplit, FolderImages> _parts;
    private readonly RejectedImages _rejected = new();
    private readonly FolderPart _train;
    private readonly Lazy<ValueList<DataProblem>> _known;
    private readonly Lazy<bool> _checked;

    internal ImageFolder(FolderListing listing, int imageSize = DefaultImageSize, int? trainLimit = null, SeedDraw? draw = null)
    {
        if (imageSize is < SmallestImageSize or > LargestImageSize)
        {
            throw new ArgumentOutOfRangeException(nameof(imageSize), imageSize, $"The height and width of images must be {SmallestImageSize} to {LargestImageSize} pixels.");
        }

        if (trainLimit is { } limit && (limit < 1 || limit > listing.Train.Count))
        {
            throw new ArgumentOutOfRangeException(nameof(trainLimit), limit, $"The number of training examples must be 1 to {listing.Train.Count}; leave it out to take all {listing.Train.Count}.");
        }

        // The whole: what the data are does not depend on what is drawn from them.
        (_listing, _draw) = (listing, draw);
        ImageSize = imageSize;
        listing = draw is null ? listing : listing.Drawn(draw);
        _train = draw is null && trainLimit is { } some ? listing.Train.Take(some) : listing.Train;
        _parts = new()
        {
            [DataSplit.Train] = new(_train, DataSplit.Train, imageSize, _rejected),
            [DataSplit.Validation] = new(listing.Validation, DataSplit.Validation, imageSize, _rejected),
            [DataSplit.Test] = new(listing.Test, DataSplit.Test, imageSize, _rejected),
        };
        _known = new(() => Defined(listing, _train));
        _checked = new(() =>
        {
            _parts.Values.ToList().ForEach(p => p.CheckThatEachClassHasOne());
            return true;
        });
    }

    /// <summary>Lists a folder; reads no image.</summary>
    /// <param name="path">The folder that holds <c>train</c> and <c>val</c>.</param>
    /// <param name="imageSize">Height and width in pixels of an image as a network sees it, 8 to 1024. Default 224.</param>
    /// <param name="trainLimit">The number of training examples, selected over all classes by file name. Default null: all. The validation and test splits stay whole.</param>
    /// <exception cref="DsdException">The folder does not have this layout, has an empty class, or cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ImageFolder Open(string path, int imageSize = DefaultImageSize, int? trainLimit = null) =>
        new(FolderListing.Read(path), imageSize, trainLimit);

    /// <inheritdoc/>
    public string Name => $"{Format}:{_listing.Path}";

    /// <summary>The classes in the order of their labels from 0: the names of the folders.</summary>
    public ValueList<string> ClassNames => _listing.ClassNames;

    /// <summary>The number of classes.</summary>
    public int Classes => ClassNames.Count;

    /// <inheritdoc/>
    public int TrainExamples => _parts[DataSplit.Train].Count;

    /// <inheritdoc/>
    public ValueList<DataInventory.Entry> Contents => OwnFiles.List(_listing.Path, _listing.ImageFiles).ToValueList();

    /// <summary>The number of validation images.</summary>
    public int ValidationExamples => _parts[DataSplit.Validation].Count;

    /// <summary>The number of test images.</summary>
    public int TestExamples => _parts[DataSplit.Test].Count;

    /// <summary>Height and width in pixels of an image as a network sees it.</summary>
    public int ImageSize { get; }

    /// <summary>The number of threads that decode images, at least 1. Default: one fewer than the number of processors, but at least 1.</summary>
    /// <remarks>Batches have the same bits for any number.</remarks>
    public int Workers { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one thread must decode images."); }
        = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>True if the test split is also measured on ten crops: four corners and the centre, each also mirrored. Default true.</summary>
    public bool TenCropTest { get; init; } = true;

    /// <summary>The images excluded so far, each once, in the order in which they were found.</summary>
    public IReadOnlyList<RejectedImage> Rejected => _rejected.All();

    /// <inheritdoc/>
    /// <remarks>Skipped files, classes missing from a split, images equal to one in another split, and <see cref="Rejected"/>.</remarks>
    public ValueList<DataProblem> Problems =>
    [
        .. _known.Value,
        .. _parts.Select(p => DataProblem.Of(DataProblemKind.LeftOut, p.Key, ImageClassification.Undecodable, _rejected.Of(p.Key).Select(r => r.ToString()))).OfType<DataProblem>(),
    ];

    /// <inheritdoc/>
    ValueList<DataProblem> ILabelledImages.Defined => _known.Value;

    /// <inheritdoc/>
    public Augmentation UsualAugmentation => Augmentation.Reference;

    /// <inheritdoc/>
    int ILabelledImages.Prefetched => 3;

    /// <inheritdoc/>
    string ILabelledImages.Details => string.Create(CultureInfo.InvariantCulture, $" of {ImageSize}×{ImageSize}{_draw?.Details}");

    /// <inheritdoc/>
    bool ILabelledImages.HasWrongLabels => _draw?.Noise is not null;

    /// <inheritdoc/>
    ILabelledImages ILabelledImages.Drawn(SeedDraw draw) => new ImageFolder(_listing, ImageSize, draw: draw) { Workers = Workers, TenCropTest = TenCropTest };

    /// <inheritdoc/>
    /// <exception cref="DsdException">A class has no image in a split that can be decoded.</exception>
    public ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null)
    {
        // Before training, not after it: the test split is read last.
        _ = _checked.Value;
        return new ImageClassification(this, batchSize, seed, augmentation, device);
    }

    /// <inheritdoc/>
    public void WatchProblems(Action<string> told) => _rejected.Watch(told);

    /// <inheritdoc/>
    int ILabelledImages.Workers(int torchThreads) => Workers;

    /// <inheritdoc/>
    IImageSource ILabelledImages.Source(DataSplit split) => _parts[split];

    /// <summary>Creates the catalogue entry of a folder of images; reads its file names.</summary>
    /// <exception cref="DsdException">The folder does not exist, or does not have the expected layout.</exception>
    internal static DataEntry Entry(string path)
    {
        var listing = FolderListing.Read(path);
        return new(_ => listing.Path, Download, (_, limit, size) => new ImageFolder(listing, size ?? DefaultImageSize, limit))
        {
            Name = $"{Format}:{listing.Path}",
            Description = "images of yours in a folder",
            Licence = "yours",
            Source = listing.Path,
            Folder = listing.Path,
            Size = "nothing",
            Contents = listing.Contents(DefaultImageSize),
            Kind = TaskKind.Images,
            Inputs = 3,
            Classes = listing.ClassNames.Count,
            Height = DefaultImageSize,
            Width = DefaultImageSize,
            ImageSizes = (SmallestImageSize, LargestImageSize),
            ClassNames = listing.ClassNames,
            TrainExamples = listing.Train.Count,
            ValidationExamples = listing.Validation.Count,
            TestExamples = listing.Test.Count,
            Files = () => OwnFiles.List(listing.Path, listing.ImageFiles),
            FindProblems = (limit, log, cancellation) => Defined(listing, limit is { } some ? listing.Train.Take(some) : listing.Train, log, cancellation),
        };

        string Download(string? root, Action<string>? log, CancellationToken cancellation)
        {
            // Equal files are searched here, where it is announced and can be cancelled; from then on their hashes are known.
            Defined(listing, listing.Train, log, cancellation);
            return listing.Path;
        }
    }

    /// <summary>Lists the problems that are known without decoding an image.</summary>
    private static ValueList<DataProblem> Defined(FolderListing listing, FolderPart train, Action<string>? log = null, CancellationToken cancellation = default)
    {
        (DataSplit Split, FolderPart Part)[] parts = [(DataSplit.Train, train), (DataSplit.Validation, listing.Validation), (DataSplit.Test, listing.Test)];
        var files = parts.SelectMany(p => Enumerable.Range(0, p.Part.Count).Select(i => (p.Split, p.Part.FilePath(i))));
        return [.. listing.Problems, .. new[] { train.MissingClasses(DataSplit.Train) }.OfType<DataProblem>(), .. EqualFiles.Find(listing.Path, files, "images", log, cancellation)];
    }
}
