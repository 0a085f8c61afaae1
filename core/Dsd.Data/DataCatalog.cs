using System.Globalization;
using Dsd.Data.Images;
using Dsd.Training;

namespace Dsd.Data;

/// <summary>The data sets that can be named, e.g. on a command line.</summary>
/// <remarks>Reading it needs no native library and touches no file.</remarks>
public static class DataCatalog
{
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
        new(EmojiImages.Find, EmojiImages.Obtain, (root, limit, size) => EmojiGroups.Load(root, limit, size ?? EmojiImages.Size))
        {
            Name = EmojiImages.Name,
            Description = EmojiGroups.Description,
            Licence = EmojiImages.Licence,
            Source = EmojiImages.Source,
            Size = EmojiImages.DownloadSize,
            Contents = Images(EmojiGroups.TrainCount, EmojiGroups.ValidationCount, EmojiGroups.TestCount, EmojiGroups.ClassNames.Count, "3×64×64"),
            Kind = TaskKind.Images,
            Inputs = 3,
            Classes = EmojiGroups.ClassNames.Count,
            Height = EmojiImages.Size,
            Width = EmojiImages.Size,
            HasImageSize = true,
            ClassNames = EmojiGroups.ClassNames,
            TrainExamples = EmojiGroups.TrainCount,
            ValidationExamples = EmojiGroups.ValidationCount,
            TestExamples = EmojiGroups.TestCount,
        },
        new(
            _ => null,
            (_, _, _) => throw new DsdException(ImageNet.HowToName(ImageNet.Name)),
            (_, _, _) => throw new DsdException(ImageNet.HowToName(ImageNet.Name)))
        {
            Name = ImageNet.Name,
            Description = ImageNet.Description,
            Licence = ImageNet.Licence,
            Source = ImageNet.Source,
            Size = ImageNet.DownloadSize,
            Contents = Images(ImageNet.TrainCount, ImageNet.ValidationCount, ImageNet.TestCount, ImageNet.Classes, "3×224×224"),
            Kind = TaskKind.Images,
            Inputs = 3,
            Classes = ImageNet.Classes,
            Height = ImageFolder.DefaultImageSize,
            Width = ImageFolder.DefaultImageSize,
            HasImageSize = true,
            TrainExamples = ImageNet.TrainCount,
            ValidationExamples = ImageNet.ValidationCount,
            TestExamples = ImageNet.TestCount,
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
        new(FilletsCzech.Find, FilletsCzech.Obtain, (root, limit, _) => FilletsCzech.Load(root, limit))
        {
            Name = FilletsCzech.Name,
            Description = FilletsCzech.Description,
            Licence = FilletsCzech.Licence,
            Source = FilletsCzech.Source,
            Size = FilletsCzech.DownloadSize,
            Contents = Utterances(FilletsCzech.TrainCount, FilletsCzech.ValidationCount, FilletsCzech.TestCount, FilletsCzech.Characters),
            Kind = TaskKind.Speech,
            Inputs = Spectrogram.Bins,
            Classes = FilletsCzech.Characters.Length + 1,
            TrainExamples = FilletsCzech.TrainCount,
            ValidationExamples = FilletsCzech.ValidationCount,
            TestExamples = FilletsCzech.TestCount,
        },
        new(AsteriskEnglish.Find, AsteriskEnglish.Obtain, (root, limit, _) => AsteriskEnglish.Load(root, limit))
        {
            Name = AsteriskEnglish.Name,
            Description = AsteriskEnglish.Description,
            Licence = AsteriskEnglish.Licence,
            Source = AsteriskEnglish.Source,
            Size = AsteriskEnglish.DownloadSize,
            Contents = Utterances(AsteriskEnglish.TrainCount, AsteriskEnglish.ValidationCount, AsteriskEnglish.TestCount, AsteriskEnglish.Characters),
            Kind = TaskKind.Speech,
            Inputs = Spectrogram.Bins,
            Classes = AsteriskEnglish.Characters.Length + 1,
            TrainExamples = AsteriskEnglish.TrainCount,
            ValidationExamples = AsteriskEnglish.ValidationCount,
            TestExamples = AsteriskEnglish.TestCount,
        },
    ];

    /// <summary>The data set of a name, or the user's own, named by <c>FORMAT:PATH</c>.</summary>
    /// <param name="name">Its name, e.g. <c>"fashion-mnist"</c>, or <c>"imagenet:/path"</c>: a folder of images, of which the names are read; or <c>"speech:/path"</c>, see <see cref="SpeechManifest"/>; capitals and small letters differ.</param>
    /// <exception cref="DsdException">There is none of that name; the message lists those that there are. Or the path is not laid out as its format asks.</exception>
    public static DataEntry Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith(ImageFolder.Format + ":", StringComparison.Ordinal))
        {
            return Folder(name[(ImageFolder.Format.Length + 1)..]);
        }

        if (name.StartsWith(SpeechManifest.Format + ":", StringComparison.Ordinal))
        {
            return SpeechManifest.Entry(name[(SpeechManifest.Format.Length + 1)..]);
        }

        return All.FirstOrDefault(e => e.Name == name) ?? throw new DsdException(
            $"There is no data set named '{name}'. Use one of: {string.Join(", ", All.Select(e => e.Name))}; or a folder of images as {ImageFolder.Format}:PATH, of speech as {SpeechManifest.Format}:PATH.");
    }

    private static DataEntry Folder(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new DsdException(ImageNet.HowToName($"'{ImageFolder.Format}:' names no folder"));
        }

        var listing = FolderListing.Read(path);
        return new(_ => listing.Path, (_, _, _) => listing.Path, (_, limit, size) => new ImageFolder(listing, size ?? ImageFolder.DefaultImageSize, limit))
        {
            Name = $"{ImageFolder.Format}:{listing.Path}",
            Description = "images of yours in a folder",
            Licence = "yours",
            Source = listing.Path,
            Size = "nothing",
            Contents = listing.Contents(ImageFolder.DefaultImageSize),
            Kind = TaskKind.Images,
            Inputs = 3,
            Classes = listing.ClassNames.Count,
            Height = ImageFolder.DefaultImageSize,
            Width = ImageFolder.DefaultImageSize,
            HasImageSize = true,
            ClassNames = listing.ClassNames,
            TrainExamples = listing.Train.Count,
            ValidationExamples = listing.Validation.Count,
            TestExamples = listing.Test.Count,
        };
    }

    private static string Utterances(int train, int validation, int test, string characters) =>
        string.Create(CultureInfo.InvariantCulture, $"{train:N0} utterances to train, {validation:N0} validation, {test:N0} test; {characters.Length} characters");

    private static string Images(int train, int validation, int test, int classes, string form) =>
        string.Create(CultureInfo.InvariantCulture, $"{train:N0} train, {validation:N0} validation, {test:N0} test; {classes} classes; {form}");
}
