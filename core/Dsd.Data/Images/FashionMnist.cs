using Dsd.Models;


namespace Dsd.Data;

/// <summary>Fashion-MNIST: 70,000 grey 28×28 pictures of clothes in ten classes.</summary>
/// <remarks>Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", 2017.</remarks>
public static class FashionMnist
{
    /// <summary>The name of the data set and of its folder.</summary>
    public const string Name = "fashion-mnist";

    /// <summary>A short description.</summary>
    public const string Description = "70,000 grey 28×28 pictures of clothes in ten classes";

    /// <summary>The licence of the data: MIT.</summary>
    public const string Licence = "MIT";

    /// <summary>The page of its authors.</summary>
    public const string Source = "https://github.com/zalandoresearch/fashion-mnist";

    /// <summary>The size of the download with its unit.</summary>
    public const string DownloadSize = "31 MB";

    /// <summary>The number of validation examples, held out of the published 60,000 training examples: 5,000.</summary>
    public const int ValidationCount = 5_000;

    /// <summary>The number of training examples: 55,000.</summary>
    public const int TrainCount = 55_000;

    /// <summary>The number of test examples: 10,000.</summary>
    public const int TestCount = 10_000;

    /// <summary>The seed of the validation split, which is the same for every seed of a run.</summary>
    public const long ValidationSeed = 20170825;

    private const long LargestFile = 64L << 20;

    /// <summary>The ten classes, in the order of their labels 0 to 9.</summary>
    public static ValueList<string> ClassNames { get; } =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>The entry in the catalogue.</summary>
    internal static DataEntry Entry { get; } = new(Find, Download, (root, limit, _) => Load(root, limit))
    {
        Name = Name,
        Description = Description,
        Licence = Licence,
        Source = Source,
        Size = DownloadSize,
        Contents = DataEntry.ContentsOfImages(TrainCount, ValidationCount, TestCount, ClassNames.Count, 1, 28),
        Kind = TaskKind.Images,
        Inputs = 1,
        Classes = ClassNames.Count,
        Height = 28,
        Width = 28,
        ClassNames = ClassNames,
        TrainExamples = TrainCount,
        ValidationExamples = ValidationCount,
        TestExamples = TestCount,
        Files = () => Published!.Checksums,
    };

    internal static PublishedSet Published { get; } = new(
        Name, Licence, DownloadSize, ["dataset-fashion-mnist"],
        new("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"), Source,
        [
            new("train-images-idx3-ubyte.gz", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", LargestFile),
            new("train-labels-idx1-ubyte.gz", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", LargestFile),
            new("t10k-images-idx3-ubyte.gz", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", LargestFile),
            new("t10k-labels-idx1-ubyte.gz", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", LargestFile),
        ]);

    /// <summary>Finds the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds all four files, compressed or not; null if there is none. Their content is not checked.</returns>
    public static string? Find(string? root = null) => Downloader.For(Published).Find(root);

    /// <summary>Finds and checks the data, or downloads it: 31 MB.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages: what is fetched, its size and its destination. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds the four files, each checked against its SHA-256.</returns>
    /// <exception cref="DsdException">The files found are damaged or different ones, or none are found and none can be downloaded.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <remarks>
    /// On Linux the Debian package is tried first, by <c>apt-get download</c> and <c>dpkg-deb -x</c>: nothing is installed and
    /// no root privileges are needed. Elsewhere, or if that fails, the files are downloaded over HTTPS from their authors.
    /// </remarks>
    public static string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default) =>
        Downloader.For(Published).Download(root, log, cancellation);

    /// <summary>Reads the data into memory; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">
    /// The number of training examples, 1 to 55,000: the first ones not held out, in the order of the file.
    /// Default null: all. The validation and test splits stay whole.
    /// </param>
    /// <returns>55,000 training examples (or <paramref name="trainLimit"/>), 5,000 validation examples and 10,000 test examples.</returns>
    /// <exception cref="DsdException">The files are missing, damaged or different ones.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainLimit"/> is outside 1 to 55,000.</exception>
    public static ImageDataset Load(string? root = null, int? trainLimit = null)
    {
        CheckLimit(trainLimit, TrainCount);
        return Assemble([.. Downloader.For(Published).Read(root).Cast<IdxFile>()], ValidationCount, trainLimit);
    }

    /// <summary>Assembles the data set from the four files: train images and labels, test images and labels.</summary>
    internal static ImageDataset Assemble(IReadOnlyList<IdxFile> files, int validationCount, int? trainLimit)
    {
        var published = ImageSplit.From(files[0], files[1], ClassNames.Count);
        CheckLimit(trainLimit, published.Count - validationCount);
        var order = CounterRandom.For(ValidationSeed, "validation").Permutation(published.Count);
        var held = order[..validationCount].Order().ToArray();
        var rest = order[validationCount..].Order().Take(trainLimit ?? int.MaxValue).ToArray();
        return new(
            Name, ClassNames.Count, published.Select(rest), published.Select(held), ImageSplit.From(files[2], files[3], ClassNames.Count));
    }

    private static void CheckLimit(int? trainLimit, int most)
    {
        if (trainLimit is { } limit && (limit < 1 || limit > most))
        {
            throw new ArgumentOutOfRangeException(
                nameof(trainLimit), limit, $"The number of training examples must be 1 to {most}; leave it out to take all {most}.");
        }
    }
}
