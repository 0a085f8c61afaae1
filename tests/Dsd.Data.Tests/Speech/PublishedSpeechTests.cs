using System.Text;
using Dsd.Models;
using Dsd.Records;

namespace Dsd.Data.Tests.Speech;

[Trait("Tier", "slow")]
public class PublishedSpeechTests
{
    [Theory]
    [InlineData("Vítejte v nejkrásnějším městě pod sluncem.", "vítejte v nejkrásnějším městě pod sluncem")]
    [InlineData("Ale jo, třebá... Teď!", "ale jo třebá teď")]
    [InlineData("Kdo to je - rak?", "kdo to je rak")]
    [InlineData("Rock’n’roll 'n'", "rocknroll n")]
    [InlineData("Je to na 100 %.", null)]
    [InlineData("Здравствуй!", null)]
    [InlineData("...", null)]
    [InlineData("", null)]
    public void FilletsTranscript_TruthTable(string line, string? expected) => Assert.Equal(expected, FilletsCzech.Transcript(line));

    [Theory]
    [InlineData("Your call can't be completed as dialed.", "your call can't be completed as dialed")]
    [InlineData("...to mute or unmute yourself.", "to mute or unmute yourself")]
    [InlineData("say 'yes'", "say yes")]
    [InlineData("at [@]", null)]
    [InlineData("press 1 to continue", null)]
    [InlineData("[sound of monkeys screaming]", null)]
    public void AsteriskTranscript_TruthTable(string line, string? expected) => Assert.Equal(expected, AsteriskEnglish.Transcript(line));

    [Fact]
    public void FilletsSources_ScriptsAndSounds_GoTogetherByLevel()
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal) { ["script/empty/dialogs_cs.lua"] = [] };
        for (var level = 0; level < 10; level++)
        {
            files[$"script/l{level}/dialogs_cs.lua"] = Encoding.UTF8.GetBytes(
                $"\ndialogId(\"a-{level}\", \"font_small\", \"He said \\\"no\\\".\")\ndialogStr(\"Ano, {(char)('a' + level)}.\")\n\n\ndialogId(\"b\", \"font\", \"x\")\ndialogStr(\"\")\n"
                + "dialogId(\"silent\", \"font\", \"x\")\ndialogStr(\"nic\")\n");
            files[$"sound/l{level}/cs/a-{level}.ogg"] = [];
            files[$"sound/l{level}/cs/b.ogg"] = [];
        }

        var sources = FilletsCzech.Sources(files);
        Assert.Equal(Enumerable.Range(0, 10).Select(l => $"sound/l{l}/cs/a-{l}.ogg: ano {(char)('a' + l)}"), sources.Select(s => $"{s.Name}: {s.Transcript}"));
        Assert.Equal([4], Enumerable.Range(0, 10).Where(i => sources[i].Split == DataSplit.Validation));
        Assert.Equal([9], Enumerable.Range(0, 10).Where(i => sources[i].Split == DataSplit.Test));
    }

    [Fact]
    public void ReadApart_SoundsAndSentencesTwice_StayInTheTestPart()
    {
        UtteranceSource Source(DataSplit split, string name, string text, double hertz) =>
            new(split, name, text, () => (new(Wave.Sine(hertz, 4000), 16_000), null));
        var read = UtteranceSource.ReadApart(
            [
                Source(DataSplit.Train, "kept", "ano", 333),
                Source(DataSplit.Train, "said twice in train", "ano", 433),
                Source(DataSplit.Train, "same sound", "jo", 533),
                Source(DataSplit.Train, "same sentence", "ne", 633),
                Source(DataSplit.Validation, "validation", "ne", 733),
                Source(DataSplit.Validation, "sentence of the test", "no", 833),
                Source(DataSplit.Test, "test", "no", 533),
            ],
            []);
        Assert.Equal(["kept", "said twice in train"], read[DataSplit.Train].Select(u => u.Name));
        Assert.Equal(["validation"], read[DataSplit.Validation].Select(u => u.Name));
        Assert.Equal(["test"], read[DataSplit.Test].Select(u => u.Name));
    }

    [Theory]
    [InlineData("fillets-cs", 161, 43)]
    [InlineData("asterisk-en", 161, 29)]
    public void Catalog_HasTheSets(string name, int bins, int classes)
    {
        var entry = DataCatalog.Get(name);
        Assert.Equal((TaskKind.Speech, bins, classes), (entry.Kind, entry.Inputs, entry.Classes));
        Assert.Contains(" utterances to train, ", entry.Contents, StringComparison.Ordinal);
        var error = Assert.Throws<DsdException>(() => Downloader(name).Download(Path.GetTempPath(), null, default));
        Assert.Contains($"{name}.zip", error.Message, StringComparison.Ordinal);
        Assert.Contains("zip archive of all", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("fillets-cs")]
    [InlineData("asterisk-en")]
    public void Load_RealData_HasThePartsThatAreWritten(string name)
    {
        var entry = DataCatalog.Get(name);
        Skip.If(entry.Find() is null, $"{name} is not here; 'dsd data get {name}' obtains it.");
        Skip.IfNot(Recording.CanRead, "Needs libsndfile.");
        entry.Download();
        var data = (SpeechDataset)entry.Load(trainLimit: null);
        Assert.Equal((entry.TrainExamples, entry.ValidationExamples, entry.TestExamples), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Empty(data.Skipped);
        Assert.Equal(entry.Classes, data.Alphabet.Classes);
        Assert.Empty(data.Train.Utterances.Select(u => u.Transcript).Intersect(data.Test.Utterances.Select(u => u.Transcript)));
        if (name == FilletsCzech.Name)
        {
            Assert.Equal(FilletsCzech.ValidationLevels, data.Validation.Utterances.Select(u => u.Name.Split('/')[1]).Distinct());
            Assert.Equal(FilletsCzech.TestLevels, data.Test.Utterances.Select(u => u.Name.Split('/')[1]).Distinct());
        }
    }

    private static Downloader Downloader(string name) => new(
        name == FilletsCzech.Name ? FilletsCzech.Published : AsteriskEnglish.Published,
        new(null, [], Path.GetTempPath()),
        new(NoNetwork),
        new(NoNetwork),
        new(() => new FakeHome()));

    private static Task<ProgramOutcome> NoNetwork(string program, IReadOnlyList<string> arguments, string folder, TimeSpan limit, CancellationToken cancellation) =>
        Task.FromResult(new ProgramOutcome(false, "no network"));
}
