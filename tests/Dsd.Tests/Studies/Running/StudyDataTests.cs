using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>Studies on data that change: nothing stands in one table that was not trained on the same.</summary>
public sealed class StudyDataTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private Study Small { get; } = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1, 2], variants: [new("only", ToyTrials.Schedule(0.5))]);

    public void Dispose() => _folder.Dispose();

    private static ToyTrials On(params (string Name, string Content)[] files) => new() { Files = files.ToDictionary(f => f.Name, f => f.Content) };

    [Fact]
    public void Run_AStudyThatIsBegun_KeepsFullNamesAndFingerprintsInItAndInEachTrial()
    {
        var source = On(("a", "1"), ("b", "22"));

        var results = Small.Run(_folder["study"], source);

        var there = StudyFolder.Open(_folder["study"]).Study;
        var data = Assert.Single(there.Fingerprints);
        Assert.Equal(new DataFingerprint("toy:/here/toy", "toy", source.Inventory("toy")!.Hash, 2, 3), data);
        Assert.Equal("toy:/here/toy", there.Config.Data);
        Assert.All(results.Trials, t => Assert.Equal((data.Data, data.Hash), (t.Data!.Data, t.Data.Hash)));

        // The study as it was declared is still this study, and so is the one of the folder.
        Assert.Equal(results.ToCsv(), Small.Run(_folder["study"], source).ToCsv());
        Assert.Equal(results.ToCsv(), there.Run(_folder["study"], source).ToCsv());
        Assert.Equal(there, Study.FromJson(there.ToJson()));
    }

    [Fact]
    public void Run_DataThatChangedSinceItWasBegun_IsRefusedFileByFileAndTouchesNothing()
    {
        Break(On(("a", "1"), ("b", "2"), ("gone", "3")), afterSteps: 25);
        var before = Snapshot();

        var error = Assert.Throws<DsdException>(() => Small.Run(_folder["study"], On(("a", "1"), ("b", "9"), ("c", "1"), ("d", "1"), ("e", "1"), ("f", "1"))));

        Assert.Contains("toy:/here/toy: 4 files added (c, d, e and 1 more), 1 file removed (gone), 1 file changed (b).", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
        Small.Run(_folder["study"], On(("a", "1"), ("b", "2"), ("gone", "3")));
    }

    [Fact]
    public void Run_DataThatChangedWithoutAListOfTheEarlierFiles_IsRefusedByNumbers()
    {
        Break(On(("a", "1")), afterSteps: 25);
        Directory.Delete(_folder["study", "data"], recursive: true);

        var error = Assert.Throws<DsdException>(() => Small.Run(_folder["study"], On(("a", "1"), ("b", "22"))));

        Assert.Contains("toy:/here/toy: 2 files of 3 bytes, not 1 files of 1 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_DataThatChangeWhileTheyAreTrainedOn_MakesNoTrial()
    {
        var files = new Dictionary<string, string> { ["a"] = "1" };
        var steps = 0;

        var error = Assert.Throws<DsdException>(() => Small.Run(_folder["study"], new ToyTrials { Files = files }, (_, _, _) =>
        {
            if (++steps == 25)
            {
                files["b"] = "2";
            }
        }));

        Assert.Contains("1 file added (b)", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateDirectories(_folder["study", "trials"]));
        Assert.Empty(Directory.EnumerateDirectories(_folder["study", "work"]));
    }

    [Fact]
    public void Read_TrialsOnDifferentData_AreRefusedByName()
    {
        // As two machines with different data of one name, in a folder of an earlier version, would leave it.
        var results = Small.Run(_folder["study"], new ToyTrials());
        File.WriteAllText(_folder["study", "judgement.json"], """{ "version": 1, "time": "2026-01-01T00:00:00+00:00" }""");
        foreach (var (trial, hash) in new[] { ("dsd-seed-1", "one"), ("control-seed-1", "one"), ("dsd-seed-2", "two") })
        {
            Note(trial, text => text.Replace("\"diverged\"", $$"""
                "data":{"data":"toy","declaredAs":"toy","hash":"{{hash}}","files":1,"bytes":null},"diverged"
                """, StringComparison.Ordinal));
        }

        var error = Assert.Throws<DsdException>(() => StudyResults.Read(results.Plan, StudyFolder.Open(_folder["study"])));

        Assert.Contains("The trials on toy were trained on different data: fingerprint one: dsd-seed-1, control-seed-1; fingerprint two: dsd-seed-2.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ATrialOnOtherDataThanTheStudys_IsRefusedByName()
    {
        var source = On(("a", "1"));
        var results = Small.Run(_folder["study"], source);
        Note("dsd-seed-2", text => text.Replace(source.Inventory("toy")!.Hash, "another", StringComparison.Ordinal));

        var error = Assert.Throws<DsdException>(() => StudyResults.Read(results.Plan, StudyFolder.Open(_folder["study"])));

        Assert.Contains("dsd-seed-2: it was trained on other data than the study's: toy:/here/toy had the fingerprint another", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TrialsOfOtherNumbersOfSteps_AreRefusedByName()
    {
        Small.Run(_folder["study"], new ToyTrials());
        var folder = StudyFolder.Open(_folder["study"]);
        var plan = StudyPlan.Resolve(Small, new ToyTrials { Steps = 6 });

        var error = Assert.Throws<DsdException>(() => StudyResults.Read(plan, folder));

        Assert.Contains("4 of 4 finished trials were trained for other numbers of steps than the study's plan", error.Message, StringComparison.Ordinal);
        Assert.Contains("dsd-seed-1 20 steps of 5 per epoch, planned 24 steps of 6 per epoch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AFinishedStudyWhoseDataAreGone_NeedsTheRecordsAlone()
    {
        var study = ToyTrials.Study(seeds: [1]);
        var results = study.Run(_folder["study"], On(("a", "1")));

        var again = StudyResults.Read(_folder["study"], new NoData());

        Assert.Equal(results.ToCsv(), again.ToCsv());
        Assert.Equal(results.Plan.TrialBlocks, again.Plan.TrialBlocks);

        // Run again it is only read, whatever the data are now; taken apart, it is not.
        Assert.Equal(results.ToCsv(), study.Run(_folder["study"], On(("b", "2"))).ToCsv());
        Directory.Delete(_folder["study", "trials", "plain-x1-seed-1"], recursive: true);
        Assert.Contains("1 file added (b), 1 file removed (a)", Assert.Throws<DsdException>(() => study.Run(_folder["study"], On(("b", "2")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AFolderOfAnEarlierVersion_GoesOnAndSaysThatDataCannotBeCompared()
    {
        Break(new ToyTrials(), afterSteps: 25);
        Note("dsd-seed-1", text => text.Replace(",\"diverged\":false", "", StringComparison.Ordinal));
        var said = new List<string>();

        StudyOpening.Open(_folder["study"], Small, On(("a", "1")), say: said.Add);
        var results = Small.Run(_folder["study"], On(("a", "1")));

        Assert.Contains("cannot be compared", Assert.Single(said), StringComparison.Ordinal);
        Assert.Contains("1 of 4 trials on toy have no fingerprint of their data", results.Describe(), StringComparison.Ordinal);
        File.Delete(_folder["study", "judgement.json"]);
        Assert.Contains("1 file added (b)", Assert.Throws<DsdException>(() => Small.Run(_folder["study"], On(("a", "1"), ("b", "1")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AStudyWithFingerprintsInAnotherFolder_IsRefusedOnOtherData()
    {
        Small.Run(_folder["study"], On(("a", "1")));
        var begun = StudyFolder.Open(_folder["study"]).Study;

        Assert.Contains("The data of this study have changed since its fingerprints were taken", Assert.Throws<DsdException>(() => begun.Run(_folder["other"], On(("a", "2")))).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["other"]));
        Assert.True(begun.Run(_folder["other"], On(("a", "1"))).IsJudged);
    }

    [Fact]
    public void Inventory_TellsNamesSizesAndContentsApartAndNotTheirOrder()
    {
        var one = new DataInventory("x:/a", [new("n", 1, "h"), new("m\t\n", 2, "i")]);

        Assert.Equal(one.Hash, new DataInventory("x:/b", [new("m\t\n", 2, "i"), new("n", 1, "h")]).Hash);
        Assert.Equal(4, new[] { one, new("x", [new("n", 1, "h"), new("m", 2, "i")]), new("x", [new("n", 1, "h"), new("m\t\n", 3, "i")]), new("x", [new("n", 1, "h"), new("m\t\n", 2, "j")]) }.Select(i => i.Hash).Distinct().Count());
        Directory.CreateDirectory(_folder["lists"]);
        one.Write(_folder["lists", "list"]);
        Assert.Equal(one.Files, DataInventory.Read(_folder["lists", "list"], "x", one.Hash)!.Files);
        Assert.Null(DataInventory.Read(_folder["lists", "list"], "x", "another"));
        Assert.Equal("", one.Since(one));
    }

    private sealed class NoData : IStudySource
    {
        public Dsd.Plans.ModelShape Shape(TrainingConfig setting) => throw new DsdException("There is no folder.");

        public int StepsPerEpoch(TrainingConfig setting) => throw new DsdException("There is no folder.");
    }

    private void Break(ToyTrials source, int afterSteps)
    {
        using var stop = new CancellationTokenSource();
        var done = 0;
        Assert.Throws<OperationCanceledException>(() => Small.Run(
            _folder["study"],
            source,
            (_, _, _) =>
            {
                if (++done == afterSteps)
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));
        Assert.Single(Directory.EnumerateDirectories(_folder["study", "trials"]));
    }

    private void Note(string trial, Func<string, string> change)
    {
        var path = _folder["study", "trials", trial, "trial.json"];
        var text = File.ReadAllText(path);
        Assert.NotEqual(text, change(text));
        File.WriteAllText(path, change(text));
    }

    private List<(string, long)> Snapshot() =>
        [.. Directory.EnumerateFiles(_folder["study"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (f, File.GetLastWriteTimeUtc(f).Ticks))];
}
