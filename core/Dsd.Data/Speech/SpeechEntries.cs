using Dsd.Models;


namespace Dsd.Data;

/// <summary>The catalogue entries of speech data sets.</summary>
internal static class SpeechEntries
{
    private const string WsjName = "wsj";

    public static DataEntry FilletsCzech { get; } = new(global::Dsd.Data.FilletsCzech.Find, global::Dsd.Data.FilletsCzech.Download, (root, limit, _) => global::Dsd.Data.FilletsCzech.Load(root, limit))
    {
        Name = global::Dsd.Data.FilletsCzech.Name,
        Description = global::Dsd.Data.FilletsCzech.Description,
        Licence = global::Dsd.Data.FilletsCzech.Licence,
        Source = global::Dsd.Data.FilletsCzech.Source,
        Size = global::Dsd.Data.FilletsCzech.DownloadSize,
        Contents = Contents(global::Dsd.Data.FilletsCzech.TrainCount, global::Dsd.Data.FilletsCzech.ValidationCount, global::Dsd.Data.FilletsCzech.TestCount, global::Dsd.Data.FilletsCzech.Characters.Length),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = global::Dsd.Data.FilletsCzech.Characters.Length + 1,
        TrainExamples = global::Dsd.Data.FilletsCzech.TrainCount,
        ValidationExamples = global::Dsd.Data.FilletsCzech.ValidationCount,
        TestExamples = global::Dsd.Data.FilletsCzech.TestCount,
        Files = () => global::Dsd.Data.FilletsCzech.Published.Checksums,
    };

    public static DataEntry AsteriskEnglish { get; } = new(global::Dsd.Data.AsteriskEnglish.Find, global::Dsd.Data.AsteriskEnglish.Download, (root, limit, _) => global::Dsd.Data.AsteriskEnglish.Load(root, limit))
    {
        Name = global::Dsd.Data.AsteriskEnglish.Name,
        Description = global::Dsd.Data.AsteriskEnglish.Description,
        Licence = global::Dsd.Data.AsteriskEnglish.Licence,
        Source = global::Dsd.Data.AsteriskEnglish.Source,
        Size = global::Dsd.Data.AsteriskEnglish.DownloadSize,
        Contents = Contents(global::Dsd.Data.AsteriskEnglish.TrainCount, global::Dsd.Data.AsteriskEnglish.ValidationCount, global::Dsd.Data.AsteriskEnglish.TestCount, global::Dsd.Data.AsteriskEnglish.Characters.Length),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = global::Dsd.Data.AsteriskEnglish.Characters.Length + 1,
        TrainExamples = global::Dsd.Data.AsteriskEnglish.TrainCount,
        ValidationExamples = global::Dsd.Data.AsteriskEnglish.ValidationCount,
        TestExamples = global::Dsd.Data.AsteriskEnglish.TestCount,
        Files = () => global::Dsd.Data.AsteriskEnglish.Published.Checksums,
    };

    /// <summary>The paper's data with their usual split (train si284, validation dev93, test eval92), which cannot be downloaded; the entry allows plans without them.</summary>
    public static DataEntry Wsj { get; } = DataEntry.OfTheUser(
        $"{WsjName}: the Wall Street Journal corpus cannot be downloaded automatically. Write train.tsv, validation.tsv and test.tsv, with a sound file and its transcript on each line, and name their folder {SpeechManifest.Format}:PATH.") with
    {
        Name = WsjName,
        Description = $"81 hours of English read from the Wall Street Journal, in a folder of yours: {SpeechManifest.Format}:/path",
        Licence = "by licence of the Linguistic Data Consortium",
        Source = "https://catalog.ldc.upenn.edu/LDC94S13A",
        Size = "20 GB",
        Contents = Contents(37_416, 503, 333, 28),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = 29,
        TrainExamples = 37_416,
        ValidationExamples = 503,
        TestExamples = 333,
    };

    private static string Contents(int train, int validation, int test, int characters) =>
        FormattableString.Invariant($"{train:N0} utterances to train, {validation:N0} validation, {test:N0} test; {characters} characters");
}
