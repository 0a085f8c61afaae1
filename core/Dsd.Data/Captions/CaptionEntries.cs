using System.Globalization;
using Dsd.Models;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>The catalogue entries of caption data sets.</summary>
internal static class CaptionEntries
{
    /// <summary>The format name of a folder in Karpathy's layout, before a colon and its path.</summary>
    public const string Format = "flickr8k";

    private const string Page = "https://cs.stanford.edu/people/karpathy/deepimagesent/";

    /// <summary>The paper's data with their usual split, which cannot be downloaded; the entry allows plans without them.</summary>
    public static DataEntry Flickr8k { get; } = DataEntry.OfTheUser(
        $"{Format}: Flickr-8K cannot be downloaded automatically. Get captions and features from {Page}, put dataset.json and vgg_feats.mat into one folder, and name it {Format}:PATH.") with
    {
        Name = Format,
        Description = $"8,000 photographs with five captions each, in a folder of yours: {Format}:/path",
        Licence = "for research, by agreement with its authors",
        Source = Page,
        Size = "131 MB",
        Contents = Contents(6_000, 30_000, 1_000, 1_000, 2_538, 4_096),
        Kind = TaskKind.Captions,
        Inputs = 4_096,
        Classes = 2_538,
        TrainExamples = 30_000,
        ValidationExamples = 1_000,
        TestExamples = 1_000,
    };

    public static DataEntry Scenes { get; } = new(FashionScenes.Find, FashionScenes.Download, (root, limit, _) => FashionScenes.Load(root, limit))
    {
        Name = FashionScenes.Name,
        Description = FashionScenes.Description,
        Licence = FashionMnist.Licence,
        Source = FashionMnist.Source,
        Size = FashionMnist.DownloadSize,
        Contents = Contents(
            FashionScenes.TrainScenes, FashionScenes.CaptionsPerScene * FashionScenes.TrainScenes, FashionScenes.ValidationScenes, FashionScenes.TestScenes,
            FashionScenes.Words, FashionScenes.FeatureWidth) + "; scenes and captions are generated",
        Kind = TaskKind.Captions,
        Inputs = FashionScenes.FeatureWidth,
        Classes = FashionScenes.Words,
        TrainExamples = FashionScenes.CaptionsPerScene * FashionScenes.TrainScenes,
        ValidationExamples = FashionScenes.ValidationScenes,
        TestExamples = FashionScenes.TestScenes,
        Files = () => FashionMnist.Published.Checksums,
    };

    public static DataEntry Emoji { get; } = new(EmojiCaptions.Find, EmojiCaptions.Download, (root, limit, _) => EmojiCaptions.Load(root, limit))
    {
        Name = EmojiCaptions.Name,
        Description = EmojiCaptions.Description,
        Licence = EmojiImages.Licence,
        Source = EmojiImages.Source,
        Size = EmojiImages.DownloadSize,
        Contents = Contents(
            EmojiCaptions.TrainImages, EmojiCaptions.TrainCount, EmojiCaptions.ValidationImages, EmojiCaptions.TestImages, EmojiCaptions.Words, EmojiCaptions.FeatureWidth),
        Kind = TaskKind.Captions,
        Inputs = EmojiCaptions.FeatureWidth,
        Classes = EmojiCaptions.Words,
        TrainExamples = EmojiCaptions.TrainCount,
        ValidationExamples = EmojiCaptions.ValidationImages,
        TestExamples = EmojiCaptions.TestImages,
        Files = () => EmojiImages.Published.Checksums,
    };

    /// <summary>Creates the entry of the user's own folder; reads names, words and counts.</summary>
    /// <exception cref="DsdException">The folder is not in Karpathy's layout.</exception>
    public static DataEntry Folder(string path)
    {
        var folder = CaptionFolder.Open(path);
        var name = $"{Format}:{folder.Path}";
        var (train, validation, test) = (folder.Images(DataSplit.Train), folder.Images(DataSplit.Validation), folder.Images(DataSplit.Test));
        return new(_ => folder.Path, (_, _, _) => folder.Path, (_, limit, _) => folder.Load(name, limit))
        {
            Name = name,
            Description = $"images and captions of yours, features from {Path.GetFileName(folder.FeatureFile)}",
            Licence = "yours",
            Source = folder.Path,
            Folder = folder.Path,
            Size = "nothing",
            Contents = Contents(train, folder.TrainExamples, validation, test, folder.Words, folder.FeatureWidth),
            Kind = TaskKind.Captions,
            Inputs = folder.FeatureWidth,
            Classes = folder.Words,
            TrainExamples = folder.TrainExamples,
            ValidationExamples = validation,
            TestExamples = test,
            Files = () => OwnFiles.List(folder.Path, [System.IO.Path.Combine(folder.Path, KarpathyFile.Name), folder.FeatureFile]),
            FindProblems = (_, _, _) => folder.Problems(),
        };
    }

    private static string Contents(int train, int pairs, int validation, int test, int words, int features) => string.Create(
        CultureInfo.InvariantCulture,
        $"{train:N0} images with {pairs:N0} captions to train, {validation:N0} images validation, {test:N0} test; {words - 1:N0} words; features of {features:N0} numbers");
}
