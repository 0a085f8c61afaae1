using System.Globalization;
using Dsd.Data.Captions;
using Dsd.Records;
using Dsd.Training;

namespace Dsd.Data;

/// <summary>The data sets that can be named, e.g. on a command line.</summary>
/// <remarks>Reading it needs no native library and touches no file.</remarks>
public static class DataCatalog
{
    private const string FlickrPrefix = "flickr8k:";

    /// <summary>Every data set, by name.</summary>
    public static ValueList<DataEntry> All { get; } =
    [
        new(FashionMnist.Find, FashionMnist.Obtain, (root, limit, _) => FashionMnist.Load(root, limit))
        {
            Name = FashionMnist.Name,
            Description = FashionMnist.Description,
            Licence = FashionMnist.Licence,
            Source = FashionMnist.Source,
            Size = FashionMnist.DownloadSize,
            Contents = Images(FashionMnist.TrainCount, FashionMnist.ValidationCount, FashionMnist.TestCount, FashionMnist.ClassNames.Count, "1×28×28"),
            Kind = TaskKind.Images,
            Inputs = 1,
            Classes = FashionMnist.ClassNames.Count,
            Height = 28,
            Width = 28,
            ClassNames = FashionMnist.ClassNames,
            TrainExamples = FashionMnist.TrainCount,
            ValidationExamples = FashionMnist.ValidationCount,
            TestExamples = FashionMnist.TestCount,
        },
        new(BibleKjv.Find, BibleKjv.Obtain, (root, limit, _) => BibleKjv.Load(root, limit))
        {
            Name = BibleKjv.Name,
            Description = BibleKjv.Description,
            Licence = BibleKjv.Licence,
            Source = BibleKjv.Source,
            Size = BibleKjv.DownloadSize,
            Contents = string.Create(
                CultureInfo.InvariantCulture,
                $"{BibleKjv.TrainCount:N0} windows of {TextDataset.DefaultWindowLength} characters to train, {BibleKjv.ValidationCharacters:N0} characters validation, {BibleKjv.TestCharacters:N0} test; {BibleKjv.Symbols} symbols"),
            Kind = TaskKind.Text,
            Inputs = BibleKjv.Symbols,
            Classes = BibleKjv.Symbols,
            TrainExamples = BibleKjv.TrainCount,
            ValidationExamples = BibleKjv.ValidationCharacters,
            TestExamples = BibleKjv.TestCharacters,
        },
        new(FashionScenes.Find, FashionScenes.Obtain, (root, limit, _) => FashionScenes.Load(root, limit))
        {
            Name = FashionScenes.Name,
            Description = FashionScenes.Description,
            Licence = FashionMnist.Licence,
            Source = FashionMnist.Source,
            Size = FashionMnist.DownloadSize,
            Contents = Captions(
                FashionScenes.TrainScenes, FashionScenes.CaptionsPerScene * FashionScenes.TrainScenes, FashionScenes.ValidationScenes, FashionScenes.TestScenes,
                FashionScenes.Words, FashionScenes.FeatureWidth) + "; scenes and captions are generated",
            Kind = TaskKind.Captions,
            Inputs = FashionScenes.FeatureWidth,
            Classes = FashionScenes.Words,
            TrainExamples = FashionScenes.CaptionsPerScene * FashionScenes.TrainScenes,
            ValidationExamples = FashionScenes.ValidationScenes,
            TestExamples = FashionScenes.TestScenes,
        },
    ];

    /// <summary>The data set of a name, or the user's own at a path.</summary>
    /// <param name="name">
    /// Its name; capitals and small letters differ. Or <c>flickr8k:FOLDER</c>: images' features and captions in Karpathy's layout
    /// (see <see cref="CaptionFolder"/>), of which names, words and counts are read at once.
    /// </param>
    /// <exception cref="DsdException">There is none of that name, which the message lists, or the folder is not of that layout.</exception>
    public static DataEntry Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith(FlickrPrefix, StringComparison.Ordinal))
        {
            return Flickr(name, CaptionFolder.Open(name[FlickrPrefix.Length..]));
        }

        return All.FirstOrDefault(e => e.Name == name) ?? throw new DsdException(
            $"There is no data set named '{name}'. Use one of: {string.Join(", ", All.Select(e => e.Name))}, or {FlickrPrefix}FOLDER.");
    }

    private static DataEntry Flickr(string name, CaptionFolder folder) => new(_ => folder.Path, (_, _, _) => folder.Path, (_, limit, _) => folder.Load(name, limit))
    {
        Name = name,
        Description = $"captions in Karpathy's layout with the features in {Path.GetFileName(folder.FeatureFile)}",
        Licence = "the user's own data",
        Source = folder.Path,
        Size = "nothing to fetch",
        Contents = Captions(folder.Images(DataSplit.Train), folder.TrainExamples, folder.Images(DataSplit.Validation), folder.Images(DataSplit.Test), folder.Words, folder.FeatureWidth),
        Kind = TaskKind.Captions,
        Inputs = folder.FeatureWidth,
        Classes = folder.Words,
        TrainExamples = folder.TrainExamples,
        ValidationExamples = folder.Images(DataSplit.Validation),
        TestExamples = folder.Images(DataSplit.Test),
    };

    private static string Captions(int train, int pairs, int validation, int test, int words, int features) => string.Create(
        CultureInfo.InvariantCulture,
        $"{train:N0} images with {pairs:N0} captions to train, {validation:N0} images validation, {test:N0} test; {words - 1:N0} words; features of {features:N0} numbers");

    private static string Images(int train, int validation, int test, int classes, string form) =>
        string.Create(CultureInfo.InvariantCulture, $"{train:N0} train, {validation:N0} validation, {test:N0} test; {classes} classes; {form}");
}
