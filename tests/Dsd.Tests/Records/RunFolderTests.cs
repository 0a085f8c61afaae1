using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Records;

/// <summary>The folder of a run, written by a program with a network and a task of its own.</summary>
public sealed class RunFolderTests : IDisposable
{
    private static readonly RunConfig s_config = new(
        new TrainingConfig("my-net", "my-data", batch: 8, optimizer: OptimizerSettings.Adam(beta2: 0.99)),
        Schedule.Dsd(Duration.Steps(4), Duration.Steps(3), Duration.Steps(2), 0.5, 0.02));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folder_OfAnOwnNetworkAndTask_HoldsWhatReportsReadAndRunsAgain()
    {
        using var net = new ToyNet(4, 6);
        var comparison = Train(_folder["mine"], net);

        Assert.Equal(comparison, Comparison.Load(_folder["mine"]));
        Assert.Equal(
            ["control", "dsd", "run.json", "schedule.json"],
            Directory.EnumerateFileSystemEntries(_folder["mine"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(s_config, RunFolder.ConfigOf(_folder["mine"]));
        Assert.Equal(s_config.Schedule, Schedule.FromJson(File.ReadAllText(_folder["mine", "schedule.json"])));
        Assert.Null(RunFolder.CommandOf(_folder["mine"]));
        using var again = new ToyNet(4, 6);
        WeightFile.Load(again, _folder["mine", "control", "weights.safetensors"]);
        ToyCase.AssertSameBits(ToyCase.Weights(net), ToyCase.Weights(again));
        Assert.Contains("adam, beta2 0.99", comparison.Runs[0].Start!.Optimizer, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WhereThereIsARun_ReplacesItWhenToldAndNothingElse()
    {
        using var net = new ToyNet(4, 6);
        Train(_folder["mine"], net);
        File.WriteAllText(_folder["mine", "notes.txt"], "mine");

        var refused = Assert.Throws<DsdException>(() => RunFolder.Create(_folder["mine"], s_config));
        Assert.StartsWith($"{_folder["mine"]}: the folder holds a run. To continue it: dsd resume", refused.Message, StringComparison.Ordinal);
        using (RunFolder.Create(_folder["mine"], s_config.WithArms([Arm.Dsd(s_config.Schedule)]), "dsd train", replace: true))
        {
            Assert.Equal("dsd train", RunFolder.CommandOf(_folder["mine"]));
        }

        Assert.Equal(
            ["command.txt", "dsd", "notes.txt", "run.json", "schedule.json"],
            Directory.EnumerateFileSystemEntries(_folder["mine"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(RunFolder.ConfigOf(_folder["mine"])!.Arms);
        RunFolder.Create(_folder["mine"], s_config, replace: true).Dispose();
        Assert.Null(RunFolder.CommandOf(_folder["mine"]));
    }

    [Fact]
    public void Create_WhereThereIsSomethingElse_IsRefusedAndLeavesItAlone()
    {
        Directory.CreateDirectory(_folder["other"]);
        File.WriteAllText(_folder["other", "notes.txt"], "mine");

        Assert.Contains("holds no run that could be replaced", Assert.Throws<DsdException>(() => RunFolder.Create(_folder["other"], s_config, replace: true)).Message, StringComparison.Ordinal);
        Assert.Contains("is a file; give a folder", Assert.Throws<DsdException>(() => RunFolder.Create(_folder["other", "notes.txt", "run"], s_config)).Message, StringComparison.Ordinal);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(_folder["other"]).Select(Path.GetFileName));
    }

    [Fact]
    public void CreateNew_TwiceInASecond_MakesTwoFoldersNamedAfterTheRun()
    {
        using var first = RunFolder.CreateNew(s_config.WithTraining(s_config.Training.WithData("imagenet:some/where/my pictures")), root: _folder["runs"]);
        using var second = RunFolder.CreateNew(s_config.WithTraining(s_config.Training.WithData("imagenet:some/where/my pictures")), root: _folder["runs"]);

        Assert.NotEqual(first.Path, second.Path);
        Assert.All([first, second], f => Assert.StartsWith("my-net-imagenet-my-pictures-", Path.GetFileName(f.Path), StringComparison.Ordinal));
    }

    [Fact]
    public void Observe_ARunWithOtherSettingsThanTheConfig_IsRefusedWithAllDifferences()
    {
        using var net = new ToyNet(4, 6);
        using var folder = RunFolder.Create(_folder["mine"], s_config);

        var error = Assert.Throws<DsdException>(() => FairComparison.Run(s_config.Arms, net, new ToyTask(4), new TrainerSettings(seed: 99, gradientClip: 0.5), Observer.None, folder: folder));

        Assert.StartsWith($"{_folder["mine"]}: the arm 'dsd' trains with other settings than the folder's config: seed 99, not 1; sgd", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("gradient clip 0.5, not none. Train config.Arms with TrainerSettings.Of(config).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_AnArmThatTheRunHasNot_IsRefusedByName()
    {
        using var folder = RunFolder.Create(_folder["mine"], s_config);

        Assert.EndsWith("the run has no arm named 'x'; it has dsd, control.", Assert.Throws<DsdException>(() => folder.WeightsOf("x")).Message, StringComparison.Ordinal);
        Assert.Throws<DsdException>(() => folder.Observe(new Arm("x", s_config.Schedule), new RunEnded(0, RunOutcome.Failed, null, 0)));
    }

    [Fact]
    public void ConfigOf_AFolderOfAnEarlierVersionOrADamagedOne_IsNothingOrAnError()
    {
        Directory.CreateDirectory(_folder["old"]);
        Assert.Null(RunFolder.ConfigOf(_folder["old"]));
        File.WriteAllText(_folder["old", "run.json"], "{ \"netwerk\": \"x\" }");

        Assert.Contains("run.json: the document: unknown field 'netwerk'", Assert.Throws<DsdException>(() => RunFolder.ConfigOf(_folder["old"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Replacing_FollowsNoLinkAndClearsWhatKilledProcessesLeft()
    {
        using var net = new ToyNet(4, 6);
        Train(_folder["mine"], net);
        Directory.CreateDirectory(_folder["elsewhere"]);
        File.Copy(_folder["mine", "dsd", "events.jsonl"], _folder["elsewhere", "events.jsonl"]);
        File.WriteAllText(_folder["elsewhere", "weights.safetensors"], "not ours");
        Directory.CreateSymbolicLink(_folder["mine", "linked"], _folder["elsewhere"]);
        File.WriteAllText(_folder["mine", $"run.json.{Guid.NewGuid():N}.part"], "half");
        File.WriteAllText(_folder["mine", "dsd", $"weights.safetensors.{Guid.NewGuid():N}.part"], "half");
        File.WriteAllText(_folder["mine", "report.html"], "of the run before");

        RunFolder.Create(_folder["mine"], s_config, replace: true).Dispose();

        Assert.Equal("not ours", File.ReadAllText(_folder["elsewhere", "weights.safetensors"]));
        Assert.True(File.Exists(_folder["elsewhere", "events.jsonl"]));
        Assert.Empty(Directory.EnumerateFiles(_folder["mine"], "*.part", SearchOption.AllDirectories));
        Assert.False(File.Exists(_folder["mine", "report.html"]));
        Assert.Equal(["events.jsonl"], Directory.GetFiles(_folder["mine", "dsd"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Create_ReplacingWhatAFailedStartLeft_IsAllowed()
    {
        Directory.CreateDirectory(_folder["mine"]);
        File.WriteAllText(_folder["mine", "schedule.json"], "{}");
        File.WriteAllText(_folder["mine", $"run.json.{Guid.NewGuid():N}.part"], "half");

        Assert.Contains("holds a run", Assert.Throws<DsdException>(() => RunFolder.Check(_folder["mine"])).Message, StringComparison.Ordinal);
        RunFolder.Create(_folder["mine"], s_config, replace: true).Dispose();

        Assert.Equal(s_config, RunFolder.ConfigOf(_folder["mine"]));
    }

    [Fact]
    public void Failure_OfAFolderThatIsDeletedMeanwhile_IsSaidAndTrainingGoesOn()
    {
        using var net = new ToyNet(4, 6);
        using var folder = RunFolder.Create(_folder["mine"], s_config);
        var said = new List<string>();
        folder.Say = said.Add;

        var comparison = FairComparison.Run(
            s_config.Arms, net, new ToyTask(4), TrainerSettings.Of(s_config), Observer.Of(happened =>
            {
                if (happened is MaskComputed && Directory.Exists(_folder["mine"]))
                {
                    Directory.Delete(_folder["mine"], recursive: true);
                }
            }),
            folder: folder);

        Assert.True(comparison.IsComplete);
        Assert.NotNull(folder.Failure);
        Assert.Single(said, line => line.StartsWith("A checkpoint cannot be written", StringComparison.Ordinal));

        // What the run gave is kept: its final weights and its record.
        Assert.Equal(comparison, Comparison.Load(_folder["mine"]));
        Assert.True(File.Exists(_folder["mine", "control", "weights.safetensors"]));
    }

    [Theory]
    [InlineData("control")]
    [InlineData("checkpoints")]
    public void Create_WhereAFolderOfTheRunIsALink_WritesNothingThroughIt(string linked)
    {
        Directory.CreateDirectory(_folder["elsewhere"]);
        File.WriteAllText(_folder["elsewhere", "000-shared-000000000001.safetensors"], "not ours");
        Directory.CreateDirectory(_folder["mine"]);
        Directory.CreateSymbolicLink(_folder["mine", linked], _folder["elsewhere"]);
        File.WriteAllText(_folder["mine", "run.json"], s_config.ToJson());

        Assert.Throws<DsdException>(() => RunFolder.Create(_folder["mine"], s_config, replace: true));
        Assert.Contains("this is a link to", Assert.Throws<DsdException>(() => RunFolder.Resume(_folder["mine"])).Message, StringComparison.Ordinal);
        Assert.Equal(["000-shared-000000000001.safetensors"], Directory.GetFiles(_folder["elsewhere"]).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFiles(_folder["mine"], "running.*"));
    }

    [Fact]
    public void Create_Replacing_KeepsWeightsThatAreNotTheRuns()
    {
        using var net = new ToyNet(4, 6);
        Train(_folder["mine"], net);
        File.WriteAllText(_folder["mine", "dsd", "my-pretrained.safetensors"], "mine");

        RunFolder.Create(_folder["mine"], s_config, replace: true).Dispose();

        Assert.Equal("mine", File.ReadAllText(_folder["mine", "dsd", "my-pretrained.safetensors"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Resume_SomethingElseInThePlaceOfTheLock_IsAnErrorAndNoHang(bool link)
    {
        using var net = new ToyNet(4, 6);
        Train(_folder["mine"], net);
        if (link)
        {
            File.CreateSymbolicLink(_folder["mine", "running.1"], _folder["nowhere"]);
        }
        else
        {
            Directory.CreateDirectory(_folder["mine", "running.1"]);
        }

        Assert.Contains("running.1", Assert.ThrowsAny<DsdException>(() => RunFolder.Resume(_folder["mine"])).Message, StringComparison.Ordinal);
    }

    private static Comparison Train(string path, ToyNet net)
    {
        using var folder = RunFolder.Create(path, s_config);
        return FairComparison.Run(s_config.Arms, net, new ToyTask(4), TrainerSettings.Of(s_config), Observer.None, folder: folder);
    }
}
