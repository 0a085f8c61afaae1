using Dsd.Training;

namespace Dsd.Data;

/// <summary>Data sets of speech as they stand in the catalog.</summary>
internal static class SpeechEntries
{
    private const string WsjName = "wsj";

    public static DataEntry FilletsCzech { get; } = new(Data.FilletsCzech.Find, Data.FilletsCzech.Obtain, (root, limit, _) => Data.FilletsCzech.Load(root, limit))
    {
        Name = Data.FilletsCzech.Name,
        Description = Data.FilletsCzech.Description,
        Licence = Data.FilletsCzech.Licence,
        Source = Data.FilletsCzech.Source,
        Size = Data.FilletsCzech.DownloadSize,
        Contents = Contents(Data.FilletsCzech.TrainCount, Data.FilletsCzech.ValidationCount, Data.FilletsCzech.TestCount, Data.FilletsCzech.Characters.Length),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = Data.FilletsCzech.Characters.Length + 1,
        TrainExamples = Data.FilletsCzech.TrainCount,
        ValidationExamples = Data.FilletsCzech.ValidationCount,
        TestExamples = Data.FilletsCzech.TestCount,
    };

    public static DataEntry AsteriskEnglish { get; } = new(Data.AsteriskEnglish.Find, Data.AsteriskEnglish.Obtain, (root, limit, _) => Data.AsteriskEnglish.Load(root, limit))
    {
        Name = Data.AsteriskEnglish.Name,
        Description = Data.AsteriskEnglish.Description,
        Licence = Data.AsteriskEnglish.Licence,
        Source = Data.AsteriskEnglish.Source,
        Size = Data.AsteriskEnglish.DownloadSize,
        Contents = Contents(Data.AsteriskEnglish.TrainCount, Data.AsteriskEnglish.ValidationCount, Data.AsteriskEnglish.TestCount, Data.AsteriskEnglish.Characters.Length),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = Data.AsteriskEnglish.Characters.Length + 1,
        TrainExamples = Data.AsteriskEnglish.TrainCount,
        ValidationExamples = Data.AsteriskEnglish.ValidationCount,
        TestExamples = Data.AsteriskEnglish.TestCount,
    };

    /// <summary>The paper's data at their usual split (train si284, validation dev93, test eval92), which cannot be fetched: the entry lets a plan be made without them.</summary>
    public static DataEntry Wsj { get; } = new(_ => null, (_, _, _) => throw CannotBeFetched(), (_, _, _) => throw CannotBeFetched())
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
        IsOfTheUser = true,
    };

    private static DsdException CannotBeFetched() => new(
        $"{WsjName}: the Wall Street Journal's speech cannot be fetched. Write train.tsv, validation.tsv and test.tsv, a sound and what is said in it a line, and name their folder by {SpeechManifest.Format}:PATH.");

    private static string Contents(int train, int validation, int test, int characters) =>
        FormattableString.Invariant($"{train:N0} utterances to train, {validation:N0} validation, {test:N0} test; {characters} characters");
}
