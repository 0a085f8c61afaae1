using Dsd.Training;

namespace Dsd.Data.Speech;

/// <summary>Data sets of speech as they stand in the catalog.</summary>
internal static class SpeechEntries
{
    private const string WsjName = "wsj";

    public static DataEntry FilletsCzech { get; } = new(Speech.FilletsCzech.Find, Speech.FilletsCzech.Obtain, (root, limit, _) => Speech.FilletsCzech.Load(root, limit))
    {
        Name = Speech.FilletsCzech.Name,
        Description = Speech.FilletsCzech.Description,
        Licence = Speech.FilletsCzech.Licence,
        Source = Speech.FilletsCzech.Source,
        Size = Speech.FilletsCzech.DownloadSize,
        Contents = Contents(Speech.FilletsCzech.TrainCount, Speech.FilletsCzech.ValidationCount, Speech.FilletsCzech.TestCount, Speech.FilletsCzech.Characters.Length),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = Speech.FilletsCzech.Characters.Length + 1,
        TrainExamples = Speech.FilletsCzech.TrainCount,
        ValidationExamples = Speech.FilletsCzech.ValidationCount,
        TestExamples = Speech.FilletsCzech.TestCount,
        Files = () => Speech.FilletsCzech.Published.Checksums,
    };

    public static DataEntry AsteriskEnglish { get; } = new(Speech.AsteriskEnglish.Find, Speech.AsteriskEnglish.Obtain, (root, limit, _) => Speech.AsteriskEnglish.Load(root, limit))
    {
        Name = Speech.AsteriskEnglish.Name,
        Description = Speech.AsteriskEnglish.Description,
        Licence = Speech.AsteriskEnglish.Licence,
        Source = Speech.AsteriskEnglish.Source,
        Size = Speech.AsteriskEnglish.DownloadSize,
        Contents = Contents(Speech.AsteriskEnglish.TrainCount, Speech.AsteriskEnglish.ValidationCount, Speech.AsteriskEnglish.TestCount, Speech.AsteriskEnglish.Characters.Length),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = Speech.AsteriskEnglish.Characters.Length + 1,
        TrainExamples = Speech.AsteriskEnglish.TrainCount,
        ValidationExamples = Speech.AsteriskEnglish.ValidationCount,
        TestExamples = Speech.AsteriskEnglish.TestCount,
        Files = () => Speech.AsteriskEnglish.Published.Checksums,
    };

    /// <summary>The paper's data at their usual split (train si284, validation dev93, test eval92), which cannot be fetched: the entry lets a plan be made without them.</summary>
    public static DataEntry Wsj { get; } = DataEntry.OfTheUser(
        $"{WsjName}: the Wall Street Journal's speech cannot be fetched. Write train.tsv, validation.tsv and test.tsv, a sound and what is said in it a line, and name their folder by {SpeechManifest.Format}:PATH.") with
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
