using System.Globalization;
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

    /// <summary>The data set of a name.</summary>
    /// <param name="name">Its name; capitals and small letters differ. <c>speech:FOLDER</c> is data of one's own, see <see cref="SpeechManifest"/>.</param>
    /// <exception cref="DsdException">There is none of that name; the message lists those that there are.</exception>
    public static DataEntry Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith(SpeechManifest.Format + ":", StringComparison.Ordinal))
        {
            var folder = name[(SpeechManifest.Format.Length + 1)..];
            return string.IsNullOrWhiteSpace(folder)
                ? throw new DsdException($"'{name}' names no folder; write {SpeechManifest.Format}:FOLDER, where FOLDER holds train.tsv, validation.tsv and test.tsv.")
                : SpeechManifest.Open(folder).Entry();
        }

        return All.FirstOrDefault(e => e.Name == name) ?? throw new DsdException(
            $"There is no data set named '{name}'. Use one of: {string.Join(", ", All.Select(e => e.Name))}, or {SpeechManifest.Format}:FOLDER for speech of your own.");
    }

    private static string Utterances(int train, int validation, int test, string characters) =>
        string.Create(CultureInfo.InvariantCulture, $"{train:N0} utterances to train, {validation:N0} validation, {test:N0} test; {characters.Length} characters");

    private static string Images(int train, int validation, int test, int classes, string form) =>
        string.Create(CultureInfo.InvariantCulture, $"{train:N0} train, {validation:N0} validation, {test:N0} test; {classes} classes; {form}");
}
