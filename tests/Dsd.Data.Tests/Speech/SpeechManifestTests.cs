using Dsd.Models;
using Dsd.Records;

namespace Dsd.Data.Tests.Speech;

public class SpeechManifestTests
{
    [SkippableFact]
    public void Load_FolderOfWaves_ReadsThemAndListsThoseThatItCannotUse()
    {
        Skip.IfNot(Recording.CanRead, "Needs libsndfile.");
        using var folder = Folder();
        File.WriteAllText(folder["broken.wav"], "no sound");
        File.WriteAllBytes(folder["short.wav"], Wave.Bytes(Wave.Sine(300, 4000)));
        File.AppendAllText(folder["train.tsv"], "broken.wav\tABBA\nshort.wav\tABBA ABBA ABBA ABBA\ngone.wav\tA\n");

        var entry = DataCatalog.Get($"speech:{folder.Root}");
        Assert.Equal((TaskKind.Speech, 161, 5), (entry.Kind, entry.Inputs, entry.Classes));
        Assert.Equal((6, 1, 1), (entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Equal(folder.Root, entry.Download());
        Assert.Equal("6 utterances to train, 1 validation, 1 test; 4 characters", entry.Contents);

        var data = (SpeechDataset)entry.Load();
        Assert.Equal((3, 6), (data.Train.Count, data.TrainExamples));
        Assert.Equal(["ABBA", "A CAB", "B"], data.Train.Utterances.Select(u => u.Transcript));
        Assert.Equal(" ABC", data.Alphabet.Characters);
        Assert.Equal([folder["broken.wav"], folder["gone.wav"], folder["short.wav"]], data.Skipped.Select(s => s.Name).Order());
        Assert.Contains(data.Skipped, s => s.Reason == "is not there" && s.Split == DataSplit.Train);
        Assert.Contains(data.Skipped, s => s.Reason.StartsWith("has 24 frames, which give 12 rows of scores, and its transcript of 19 characters needs 23", StringComparison.Ordinal));
        Assert.Equal(3, data.Task(2, 1).StepsPerEpoch);
        Assert.Contains("3 left out", data.Task(2, 1).Settings, StringComparison.Ordinal);
        Assert.Single(((SpeechDataset)entry.Load(trainLimit: 1)).Train.Utterances);
        Assert.Throws<ArgumentOutOfRangeException>(() => entry.Load(trainLimit: 7));
    }

    [SkippableTheory]
    [InlineData("train", 10, null)]
    [InlineData("train", 11, "11 of 14 utterances cannot be used; the first: ")]
    [InlineData("validation", 0, null)]
    [InlineData("validation", -1, "1 of 1 utterances cannot be used; the first: ")]
    [InlineData("test", -1, "0.wav' is not there")]
    public void Load_MoreThanAFewUnusable_IsRefused(string part, int gone, string? expected)
    {
        Skip.IfNot(Recording.CanRead, "Needs libsndfile.");
        using var folder = Folder();
        var list = folder[$"{part}.tsv"];
        var lost = Enumerable.Range(0, Math.Abs(gone)).Select(i => $"{i}.wav\tA\n");
        File.WriteAllText(list, (gone < 0 ? "" : File.ReadAllText(list)) + string.Concat(lost));
        var manifest = SpeechManifest.Open(folder.Root);
        if (expected is null)
        {
            Assert.Equal(gone, manifest.Load().Skipped.Count);
        }
        else
        {
            var message = Assert.Throws<DsdException>(() => manifest.Load()).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.Contains($"{part}.tsv", message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void Task_BatchThatUsableUtterancesCannotFill_IsRefused()
    {
        Skip.IfNot(Recording.CanRead, "Needs libsndfile.");
        using var folder = Folder();
        File.AppendAllText(folder["train.tsv"], "gone.wav\tA\n");
        var data = SpeechManifest.Open(folder.Root).Load();
        Assert.Equal(1, data.Task(3, 1).StepsPerEpoch);
        var message = Assert.Throws<DsdException>(() => data.Task(4, 1)).Message;
        Assert.Contains("A batch of 4 needs more than the 3 usable training utterances", message, StringComparison.Ordinal);
        Assert.Contains("gone.wav' is not there", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no tab here", "train.tsv', line 2: 'no tab here' has 0 tabs")]
    [InlineData("a\tb\tc", "line 2: 'a\tb\tc' has 2 tabs")]
    [InlineData("\tb", "line 2")]
    [InlineData("a.wav\t  ", "line 2: 'a.wav' has an empty transcript")]
    [InlineData("\xFF\xFE", "is not UTF-8")]
    [InlineData("a\0.wav\tB", "line 2: the path holds a character of value 0")]
    public void Open_BrokenLine_SaysWhichAndWhy(string line, string expected)
    {
        using var folder = Folder();
        File.WriteAllBytes(folder["train.tsv"], [.. "a.wav\tABC\n"u8, .. System.Text.Encoding.Latin1.GetBytes(line), .. "\n"u8]);
        Assert.Contains(expected, Assert.Throws<DsdException>(() => SpeechManifest.Open(folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CharactersThatTrainLacks_NamesThemWithTheirCount()
    {
        using var folder = Folder();
        File.WriteAllText(folder["test.tsv"], "a.wav\tABBÉÉ\nb.wav\tAx\n");
        var message = Assert.Throws<DsdException>(() => SpeechManifest.Open(folder.Root)).Message;
        Assert.Contains($"'É' (U+00C9) 2 times, first in '{folder["a.wav"]}'; 'x' (U+0078) 1 times", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ListsMissingOrEmpty_SaysSo()
    {
        using var folder = Folder();
        File.WriteAllText(folder["validation.tsv"], "# nothing yet\n\n");
        Assert.Contains("validation.tsv' lists no utterance", Assert.Throws<DsdException>(() => SpeechManifest.Open(folder.Root)).Message, StringComparison.Ordinal);
        File.Delete(folder["validation.tsv"]);
        Assert.Contains("There is no file", Assert.Throws<DsdException>(() => SpeechManifest.Open(folder.Root)).Message, StringComparison.Ordinal);
        Assert.Contains("names no path; write speech:PATH", Assert.Throws<DsdException>(() => DataCatalog.Get("speech:")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AccentsAndSpaces_AreBroughtToOneForm()
    {
        using var folder = Folder();
        File.WriteAllText(folder["train.tsv"], "\uFEFFa.wav\t  A  BE\u0301 C \n");
        Assert.Equal(" ABCÉ", SpeechManifest.Open(folder.Root).Alphabet.Characters);
    }

    [Fact]
    public void Open_BothFormsOfAccents_AreOneCharacterEach()
    {
        using var folder = Folder();
        const string transcript = "žába běží";
        File.WriteAllText(folder["train.tsv"], $"a.wav\t{transcript.Normalize()}\nb.wav\t{transcript.Normalize(System.Text.NormalizationForm.FormD)}\n");
        File.WriteAllText(folder["validation.tsv"], "a.wav\tbe\u030Cz\u030C\n");
        File.WriteAllText(folder["test.tsv"], "b.wav\tz\u030Ca\u0301ba\n");
        Assert.Equal(" abáíěž", SpeechManifest.Open(folder.Root).Alphabet.Characters);
    }

    [Fact]
    public void Open_CharactersBeyondUtf16Units_CountAsOne()
    {
        using var folder = Folder();
        File.WriteAllText(folder["train.tsv"], "a.wav\tA\U00020BB7\U0001F600B C\n");
        var alphabet = SpeechManifest.Open(folder.Root).Alphabet;
        Assert.Equal((6, 7, " ABC\U0001F600\U00020BB7"), (alphabet.Count, alphabet.Classes, alphabet.Characters));
        Assert.Equal([6, 5, 2], alphabet.Encode("\U00020BB7\U0001F600A"));
        Assert.Equal("\U00020BB7\U0001F600A", alphabet.Decode([6, 5, 2]));
        Assert.Equal(3, SpeechAlphabet.StepsNeeded("\U00020BB7\U00020BB7"));
        Assert.Equal(new EditCounts(1, 0, 0, 2), EditDistance.Characters("\U00020BB7A", "\U0001F600A"));
        Assert.Contains("U+1F601", Assert.Throws<ArgumentException>(() => alphabet.Encode("\U0001F601")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("path\tsentence")]
    [InlineData("# a comment\n\nfile\ttext")]
    public void Open_HeadingOfATable_IsRefusedByItsLine(string heading)
    {
        using var folder = Folder();
        File.WriteAllText(folder["train.tsv"], $"{heading}\na.wav\tABC\n");
        var message = Assert.Throws<DsdException>(() => SpeechManifest.Open(folder.Root)).Message;
        Assert.Contains($"train.tsv', line {1 + heading.Count(c => c == '\n')}: '{heading.Split('\n')[^1]}' reads like the heading of a table", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LinesWhoseSoundIsNotThere_AddNothingToTheAlphabet()
    {
        using var folder = Folder();
        File.AppendAllText(folder["train.tsv"], "gone.wav\tXYZ\nempty.wav\tQ\n");
        File.WriteAllBytes(folder["empty.wav"], []);
        File.AppendAllText(folder["test.tsv"], "gone.wav\tÄ\n");
        Assert.Equal(" ABC", SpeechManifest.Open(folder.Root).Alphabet.Characters);
        File.WriteAllText(folder["train.tsv"], "gone.wav\tXYZ\n");
        Assert.Contains("none of its 1 sounds exists", Assert.Throws<DsdException>(() => SpeechManifest.Open(folder.Root)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Alphabet_OfALinkThatLeadsNowhere_TakesNothing()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need special rights there.");
        using var folder = Folder();
        File.CreateSymbolicLink(folder["dangling.wav"], folder["nowhere.wav"]);
        File.CreateSymbolicLink(folder["link.wav"], folder["a.wav"]);
        File.AppendAllText(folder["train.tsv"], "dangling.wav\tXYZ\nlink.wav\tD\n");

        Assert.Equal(" ABCD", SpeechManifest.Open(folder.Root).Alphabet.Characters);
        Assert.Contains($"'{folder["dangling.wav"]}' is not there, or is empty", DataCatalog.Get($"speech:{folder.Root}").Problems()[0].ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Load_SampleTooLargeForItsPower_NamesTheFile()
    {
        Skip.IfNot(Recording.CanRead, "Needs libsndfile.");
        using var folder = Folder();
        var samples = Wave.Sine(300, 16_000);
        samples[1600] = 3e38f;
        File.WriteAllBytes(folder["loud.wav"], Wave.Bytes(samples, floats: true));
        File.AppendAllText(folder["train.tsv"], "loud.wav\tA\n");
        var left = Assert.Single(SpeechManifest.Open(folder.Root).Load().Skipped);
        Assert.Equal((folder["loud.wav"], "has a sample of 3E+38 at 0.1000 s, too large for its power to be a number; samples lie mostly from −1 to 1"), (left.Name, left.Reason));
    }

    [SkippableFact]
    public void Problems_SoundsThatAreGoneOrInTwoParts_AreNamedBeforeAndAfterLoading()
    {
        Skip.IfNot(Recording.CanRead, "Needs libsndfile.");
        using var folder = Folder();
        File.AppendAllText(folder["train.tsv"], "gone.wav\tA\nbroken.wav\tABX\n");
        File.WriteAllText(folder["broken.wav"], "no sound");
        var entry = DataCatalog.Get($"speech:{folder.Root}");
        var twice = new[]
        {
            "In two splits, validation: sounds with the same bytes as one of train: 1 (a.wav = a.wav)",
            "In two splits, test: sounds with the same bytes as one of train: 1 (b.wav = b.wav)",
        };
        Assert.Equal([$"Left out, train: utterances: 1 ('{folder["gone.wav"]}' is not there, or is empty)", .. twice], entry.Problems().Select(p => p.ToString()));
        var data = entry.Load();
        Assert.Equal(
            [
                $"Left out, train: utterances: 2 ('{folder["broken.wav"]}' is not a WAV, FLAC or Ogg file; convert it to one of these; '{folder["gone.wav"]}' is not there)",
                .. twice,
                "Missing, train: characters of which no usable utterance is left to learn from: 1 ('X' (U+0058))",
            ],
            data.Problems.Select(p => p.ToString()));
        Assert.Equal(data.Problems, data.Task(2, 1).Problems);
    }

    private static TempFolder Folder()
    {
        var folder = new TempFolder();
        Directory.CreateDirectory(folder.Root);
        foreach (var (name, i) in new[] { "a", "b", "c" }.Select((n, i) => (n, i)))
        {
            File.WriteAllBytes(folder[$"{name}.wav"], Wave.Bytes(Wave.Sine(300 + (100 * i), 16_000)));
        }

        File.WriteAllText(folder["train.tsv"], "# path and what is said\na.wav\tABBA\nb.wav\tA  CAB\nc.wav\tB\n");
        File.WriteAllText(folder["validation.tsv"], "a.wav\tCAB\n");
        File.WriteAllText(folder["test.tsv"], folder["b.wav"] + "\tA\n");
        return folder;
    }
}
