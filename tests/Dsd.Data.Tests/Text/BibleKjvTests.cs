using Dsd.Records;

namespace Dsd.Data.Tests;

public class BibleKjvTests
{
    private static readonly Lazy<string?> Downloaded = new(() =>
    {
        try
        {
            BibleKjv.Download();
            return null;
        }
        catch (DsdException e)
        {
            return e.Message;
        }
    });

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Load_RealData_IsWhatTheCatalogSays()
    {
        SkipWithoutData();
        var data = BibleKjv.Load();
        var entry = DataCatalog.Get("bible-kjv");
        Assert.Equal((entry.TrainExamples, entry.ValidationExamples, entry.TestExamples), (data.TrainExamples, data.Validation.Characters, data.Test.Characters));
        Assert.Equal((63, 63, 63), (data.Vocabulary.Count, entry.Inputs, entry.Classes));
        Assert.Equal(4_137_850, data.Train.Characters + data.Validation.Characters + data.Test.Characters);
        Assert.StartsWith("In the beginning God created the heaven and the earth.\nAnd the earth was", data.Vocabulary.Decode(data.Train.Text(0)));
        Assert.EndsWith("be with you all. Amen.\n", data.Vocabulary.Decode(data.Train.Text(data.Train.Count - 1)));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Load_RealData_SplitsTheSixtySixBooksWithoutOverlap()
    {
        SkipWithoutData();
        var data = BibleKjv.Load();
        var names = Enum.GetValues<DataSplit>().SelectMany(s => data.Part(s).Names).ToList();
        Assert.Equal(66, names.Distinct().Count());
        Assert.Equal(66, names.Count);
        Assert.Equal(BibleKjv.ValidationBooks, data.Validation.Names);
        Assert.Equal(BibleKjv.TestBooks, data.Test.Names);
        var all = (double)(data.Train.Characters + data.Validation.Characters + data.Test.Characters);
        Assert.InRange(data.Validation.Characters / all, 0.05, 0.06);
        Assert.InRange(data.Test.Characters / all, 0.06, 0.07);
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Load_WithLimit_TakesTheFirstWindowsAndKeepsTheSymbols()
    {
        SkipWithoutData();
        var whole = BibleKjv.Load();
        var some = DataCatalog.Get("bible-kjv").Load(trainLimit: 100);
        Assert.Equal(100, some.TrainExamples);
        Assert.Equal(whole.Vocabulary.Symbols, ((TextDataset)some).Vocabulary.Symbols);
        Assert.True(whole.Window(99, 3).SequenceEqual(((TextDataset)some).Window(99, 3)));
        Assert.Equal(101 * 64, Enumerable.Range(0, 53).Sum(i => ((TextDataset)some).ToMeasure(DataSplit.Train, i).Length));
        Assert.Equal(whole.Train.Characters, Enumerable.Range(0, 53).Sum(i => whole.ToMeasure(DataSplit.Train, i).Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => BibleKjv.Load(trainLimit: 56_819));
    }

    [SkippableFact]
    public void Obtain_RealDataPresent_TellsNobodyAndFetchesNothing()
    {
        SkipWithoutData();
        var log = new List<string>();
        Assert.Equal(BibleKjv.Find(), BibleKjv.Download(log: log.Add));
        Assert.Empty(log);
    }

    [Fact]
    public void Obtain_WithoutAWay_LeavesNothingAndSaysHowToPlaceTheFile()
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DsdException>(() => Sut(folder, (_, _, _, _, _) => Task.FromResult(new ProgramOutcome(false, "apt-get cannot be run"))).Download(folder["a"], null, default));
        Assert.Empty(folder.Entries());
        foreach (var expected in new[] { "bible-kjv.txt", folder["a", "bible-kjv"], "bible -f Ge1:1-Rev22:21", BibleKjv.Source })
        {
            Assert.Contains(expected, error.Message);
        }
    }

    [SkippableTheory]
    [InlineData(null, "does not hold usr/lib/bible.data")]
    [InlineData("EC02 and no more", "is damaged or of another format")]
    public void Obtain_PackageIsAnother_SaysWhatIsWrongWithIt(string? content, string expected)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Debian packages are tried on Linux only.");
        using var folder = new TempFolder();
        var error = Assert.Throws<DsdException>(() => Sut(folder, Run).Download(folder["a"], null, default));
        Assert.Contains($"the package bible-kjv-text", error.Message);
        Assert.Contains(expected, error.Message);
        Assert.Empty(folder.Entries());

        Task<ProgramOutcome> Run(string program, IReadOnlyList<string> arguments, string work, TimeSpan limit, CancellationToken cancellation)
        {
            if (program == "apt-get")
            {
                File.WriteAllText(Path.Combine(work, "bible-kjv-text_1_all.deb"), "");
            }
            else
            {
                var path = Path.Combine(arguments[2], BibleArchive.PathInPackage);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                if (content is not null)
                {
                    File.WriteAllText(path, content);
                }
            }

            return Task.FromResult(new ProgramOutcome(true, ""));
        }
    }

    [Fact]
    public void Obtain_AnotherFileOfThatName_IsRefused()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["bible-kjv"]);
        File.WriteAllText(folder["bible-kjv", "bible-kjv.txt"], "Ge1:1 In the beginning\n");
        var error = Assert.Throws<DsdException>(() => BibleKjv.Download(folder.Root));
        Assert.Contains(folder["bible-kjv", "bible-kjv.txt"], error.Message);
        Assert.Contains("the SHA-256", error.Message);
        Assert.Throws<DsdException>(() => BibleKjv.Load(folder.Root));
    }

    [Fact]
    public void Books_StripThePlacesAndKeepTheBooksApart()
    {
        var books = BibleKjv.Books("Ge1:1 In the beginning 1:2 was\nGe50:26 So Joseph died\n1Sm1:1 Now there was\n2Sm1:1 Now it came\n");
        Assert.Equal(["Ge", "1Sm", "2Sm"], books.Select(b => b.Name));
        Assert.Equal("In the beginning 1:2 was\nSo Joseph died\n", books[0].Text);
    }

    private static Downloader Sut(TempFolder folder, RunProgram run) =>
        new(BibleKjv.Published, new(null, [], folder["user"]), new(run), new(run), new(() => new FakeHome()));

    private static void SkipWithoutData() =>
        Skip.If(Downloaded.Value is not null, $"The King James Bible is missing and cannot be downloaded: {Downloaded.Value}");
}
