using System.Security.Cryptography;
using System.Text;
using Dsd.Checkpoints;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>Studies as they are run: forks, selection before judgement, stopping and going on, damage.</summary>
[Trait("Tier", "slow")]
public sealed class StudyRunnerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_AnArm_IsWhatAFairComparisonTrains()
    {
        var source = new ToyTrials();
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [5], variants: [new("only", ToyTrials.Schedule(0.5))]);

        var results = study.Run(_folder["study"], source);

        var (model, task) = source.Open(study.Config, 5);
        using var network = model;
        var alone = FairComparison.Run([Arm.Dsd(ToyTrials.Schedule(0.5)), Arm.Control(ToyTrials.Schedule(0.5))], network, task, new TrainerSettings(5));
        foreach (var (ours, theirs) in results.Trials.Zip(alone.Runs))
        {
            Assert.Equal(theirs.Phases.Select(p => p.Evaluations), ours.Record.Phases.Select(p => p.Evaluations));
            Assert.Equal(theirs.Phases.Select(p => p.Samples), ours.Record.Phases.Select(p => p.Samples));
            Assert.Equal(theirs.Phases.Select(p => p.End!.Histograms), ours.Record.Phases.Select(p => p.End!.Histograms));
            Assert.Equal(theirs.Test!.Metrics, ours.Record.Test!.Metrics);
        }
    }

    [Fact]
    public void Run_ArmsOfASeed_AreForkedFromOneCheckpointAndPlainOnesFromNone()
    {
        var results = ToyTrials.Study().Run(_folder["study"], new ToyTrials());

        var forks = results.Trials.ToLookup(t => t.Trial.Seed, t => t.Fork);
        Assert.All(forks, f => Assert.Single(f.OfType<string>().Distinct()));
        Assert.Equal(3, forks.SelectMany(f => f).OfType<string>().Distinct().Count());
        Assert.All(results.Trials, t => Assert.Equal(t.Trial.Treatment.Name.StartsWith("plain", StringComparison.Ordinal), t.Fork is null));
        Assert.All(results.Contrasts, c => Assert.Equal((3, 0), (c.Pairs.Count, c.LeftOut)));
    }

    [Fact]
    public void Run_TheTestSplit_IsReadOnceForWhatWasSelectedAndOnlyAfterTheChoiceIsWrittenDown()
    {
        var tests = 0;
        var path = _folder["study"];
        var source = new ToyTrials
        {
            Measuring = (_, split) =>
            {
                Assert.True(split != DataSplit.Test || File.Exists(Path.Combine(path, "selection.json")));
                tests += split == DataSplit.Test ? 1 : 0;
            },
        };

        var results = ToyTrials.Study().Run(path, source);

        // Four arms, three seeds; not the other sparsity, nor the other rates of plain training.
        Assert.Equal(4 * 3, tests);
        foreach (var arm in results.Arms)
        {
            var best = arm.Candidates.MaxBy(c => c.Mean);
            Assert.Equal(best.Treatment, arm.Selected);
            Assert.All(results.Plan.Trials.Where(t => arm.Candidates.Any(c => c.Treatment == t.Treatment)), t => Assert.Equal(t.Treatment == arm.Selected, results.Of(t)!.Record.Test is not null));
        }

        Assert.Equal(DataSplit.Test, results.Split);
        Assert.Empty(Directory.EnumerateFiles(path, "*.safetensors", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(path, "work")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(path, "claims")));

        // Run again it is over, and reads nothing.
        var again = ToyTrials.Study().Run(path, source);
        Assert.Equal(4 * 3, tests);
        Assert.Equal(results.ToCsv(), again.ToCsv());
    }

    [Fact]
    public void Run_ByValidation_NeverReadsTheTestSplit()
    {
        var source = new ToyTrials { Measuring = (_, split) => Assert.NotEqual(DataSplit.Test, split) };

        var results = ToyTrials.Study(judgement: Judgement.Validation).Run(_folder["study"], source);

        Assert.True(results.IsJudged);
        Assert.Equal(DataSplit.Validation, results.Split);
        Assert.Equal(["s 0.3", "s 0.7"], results.Plan.Groups);
        Assert.Equal(6, results.Contrasts.Count);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(33)]
    [InlineData(150)]
    public void Run_StoppedAnywhereAndContinued_GivesTheSameResults(int steps)
    {
        var (all, done) = (0, 0);
        var whole = ToyTrials.Study().Run(_folder["whole"], new ToyTrials(), (_, _, _) => all++);
        using var stop = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => ToyTrials.Study().Run(
            _folder["parts"],
            new ToyTrials(),
            (_, _, _) =>
            {
                if (++done == steps)
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));
        var parts = ToyTrials.Study().Run(_folder["parts"], new ToyTrials(), (_, _, _) => done++);

        Assert.Equal(WithoutTimes(whole), WithoutTimes(parts));

        // It continued in the middle of a trial: no step was made twice.
        Assert.Equal(all, done);
        Assert.Contains(parts.Trials, t => t.Record.Resumptions.Count == 1);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["parts", "work"]));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(33)]
    public void Run_KilledInMidTrialAfterACheckpoint_GoesOnFromIt(int steps)
    {
        var (all, done, left) = (0, 0, 0);
        var whole = ToyTrials.Study().Run(_folder["whole"], new ToyTrials(), (_, _, _) => all++);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => ToyTrials.Study().Run(_folder["parts"], new ToyTrials(), (_, _, _) => _ = ++done == steps ? stop.CancelAsync() : null, cancellation: stop.Token));

        // A killed process leaves the folder as it is at a moment, here three steps later, with its claim and what it has begun.
        ToyTrials.Study().Run(_folder["parts"], new ToyTrials(), (_, _, _) =>
        {
            if (++done == steps + 3)
            {
                Copy(_folder["parts"], _folder["killed"]);
            }
        });
        Assert.NotEmpty(Directory.EnumerateFiles(_folder["killed", "claims"]));
        Assert.NotEmpty(Directory.EnumerateFiles(_folder["killed", "work"], "events.jsonl", SearchOption.AllDirectories));

        var (plan, source) = (StudyPlan.Resolve(ToyTrials.Study(), new ToyTrials()), new ToyTrials());
        new StudyWorker(plan, StudyFolder.Open(_folder["killed"]), source, (_, _, _) => left++, expiry: TimeSpan.FromSeconds(1)).Work(CancellationToken.None);

        var killed = StudyResults.Read(plan, StudyFolder.Open(_folder["killed"]));
        Assert.Equal(WithoutTimes(whole), WithoutTimes(killed));

        // Only the steps since the checkpoint were made again.
        Assert.Equal(all - steps, left);
        Assert.All(killed.Trials.SelectMany(t => t.Record.Resumptions), r => Assert.InRange(r.Step, 1, steps));
        Assert.Contains(killed.Trials, t => t.Record.Resumptions.Count > 0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["killed", "work"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["killed", "claims"]));
    }

    [Fact]
    public void Run_CheckpointOfAnotherMachine_TrainsTheTrialsFromTheStart()
    {
        var whole = ToyTrials.Study().Run(_folder["whole"], new ToyTrials());
        using var stop = new CancellationTokenSource();
        var done = 0;
        Assert.Throws<OperationCanceledException>(() => ToyTrials.Study().Run(_folder["parts"], new ToyTrials(), (_, _, _) => _ = ++done == 33 ? stop.CancelAsync() : null, cancellation: stop.Token));
        foreach (var file in Directory.EnumerateFiles(_folder["parts", "work"], "*.safetensors", SearchOption.AllDirectories))
        {
            using var checkpoint = CheckpointFile.Read(file);
            CheckpointFile.Write(file, checkpoint with { Events = checkpoint.Events.ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(e.Value).Replace("TorchSharp 0.", "TorchSharp 9.", StringComparison.Ordinal))) });
        }

        var parts = ToyTrials.Study().Run(_folder["parts"], new ToyTrials());

        Assert.Equal(WithoutTimes(whole), WithoutTimes(parts));
        Assert.All(parts.Trials, t => Assert.Empty(t.Record.Resumptions));
    }

    [Fact]
    public void Run_InAnotherOrder_GivesTheSameResults()
    {
        var forwards = ToyTrials.Study(seeds: [1, 2, 3]).Run(_folder["forwards"], new ToyTrials());
        var backwards = ToyTrials.Study(seeds: [3, 2, 1]).Run(_folder["backwards"], new ToyTrials());

        Assert.Equal(forwards.Trials.OrderBy(t => t.Trial.Name, StringComparer.Ordinal).Select(Outcome), backwards.Trials.OrderBy(t => t.Trial.Name, StringComparer.Ordinal).Select(Outcome));

        static (string, string?, string) Outcome(TrialResult t) => (t.Trial.Name, t.Fork, string.Join(' ', t.Record.Phases.SelectMany(p => p.Evaluations).SelectMany(e => e.Metrics)));
    }

    [Fact]
    public void Run_AnArmThatDiverges_FailsAloneAndIsSaid()
    {
        var explodes = new Schedule([.. ToyTrials.Schedule(0.5).Phases.Take(1), new Phase("boom", Duration.Epochs(2), LearningRate.Constant(1e30))]);
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control, StudyArm.Own("boom", explodes)], [1, 2], variants: [new("only", ToyTrials.Schedule(0.5))]);

        var results = study.Run(_folder["study"], new ToyTrials());

        Assert.Equal(["boom", "boom"], results.Failures.Select(f => f.Trial.Treatment.Name));
        Assert.Equal([(2, 0), (0, 2)], results.Contrasts.Select(c => (c.Pairs.Count, c.LeftOut)));
        Assert.Contains("2 failed: ", results.Describe(), StringComparison.Ordinal);
        Assert.Contains("diverged", results.Describe(), StringComparison.Ordinal);
        Assert.Contains("dsd − boom: too few pairs for any statement.", results.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ASharedPhaseThatDiverges_FailsAllTrialsOfItsBlock()
    {
        var explodes = new Schedule([new Phase("boom", Duration.Epochs(1), LearningRate.Constant(1e30)), .. ToyTrials.Schedule(0.5).Phases.Skip(1)]);

        var results = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], variants: [new("only", explodes)]).Run(_folder["study"], new ToyTrials());

        Assert.Equal(2, results.Failures.Count());
        Assert.Null(results.Arms[0].Selected);
    }

    [Fact]
    public void Run_ATrialForkedFromAnotherCheckpoint_IsTrainedAgain()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], variants: [new("only", ToyTrials.Schedule(0.5))]);
        var whole = study.Run(_folder["study"], new ToyTrials());
        Directory.Delete(_folder["study", "trials", "control-seed-1"], recursive: true);
        var note = _folder["study", "trials", "dsd-seed-1", "trial.json"];
        File.WriteAllText(note, File.ReadAllText(note).Replace(whole.Trials.First().Fork!, "another", StringComparison.Ordinal));

        var again = study.Run(_folder["study"], new ToyTrials());

        Assert.Equal(WithoutTimes(whole), WithoutTimes(again));
        Assert.Single(Directory.EnumerateDirectories(_folder["study", "set-aside"]));
    }

    [Fact]
    public void Run_ATrialOfABlockComputedOnAnotherDevice_IsTrainedAgain()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], variants: [new("only", ToyTrials.Schedule(0.5))]);
        var whole = study.Run(_folder["study"], new ToyTrials());
        Directory.Delete(_folder["study", "trials", "control-seed-1"], recursive: true);
        var log = _folder["study", "trials", "dsd-seed-1", "events.jsonl"];
        var note = _folder["study", "trials", "dsd-seed-1", "trial.json"];
        var before = Hash();
        File.WriteAllText(log, File.ReadAllText(log).Replace("\"device\":\"cpu\"", "\"device\":\"cuda:0\"", StringComparison.Ordinal));
        Assert.NotEqual(before, Hash());
        File.WriteAllText(note, File.ReadAllText(note).Replace(before, Hash(), StringComparison.Ordinal));

        var again = study.Run(_folder["study"], new ToyTrials());

        Assert.Equal(WithoutTimes(whole), WithoutTimes(again));
        Assert.All(again.Trials, t => Assert.Equal("cpu", t.Record.Start!.Device));
        Assert.Single(Directory.EnumerateDirectories(_folder["study", "set-aside"]));

        string Hash() => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(log)));
    }

    [Fact]
    public void Run_OnADeviceThatTheSourceDoesNotUse_IsRefused()
    {
        var error = Assert.Throws<DsdException>(() => ToyTrials.Study([StudyArm.Dsd], [1]).WithDevice("cuda").Run(_folder["study"], new ToyTrials()));

        Assert.Contains("is computed on cuda, and the source of its trials creates networks on cpu", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "cpu")]
    [InlineData("cpu", null)]
    public void Run_AStartedStudyAskedForOnAnotherDevice_IsContinuedOnlyIfNoneIsAskedFor(string? started, string? asked)
    {
        var study = ToyTrials.Study([StudyArm.Dsd], [1]);
        study.WithDevice(started).Run(_folder["study"], new ToyTrials());

        if (asked is null)
        {
            Assert.Equal(started, study.Run(_folder["study"], new ToyTrials()).Plan.Study.Device);
        }
        else
        {
            Assert.Contains("a study stays on one device", Assert.Throws<DsdException>(() => study.WithDevice(asked).Run(_folder["study"], new ToyTrials())).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Run_AfterATrialWasDeleted_TrainsItAgainAndJudgesAgain()
    {
        var whole = ToyTrials.Study().Run(_folder["study"], new ToyTrials());
        var source = new ToyTrials();
        var selected = whole.Arms[0].Selected!.Name;
        Directory.Delete(_folder["study", "trials", $"{selected}-seed-2"], recursive: true);
        Assert.False(StudyResults.Read(whole.Plan, StudyFolder.Open(_folder["study"])).IsJudged);

        var again = ToyTrials.Study().Run(_folder["study"], source);

        Assert.Equal(WithoutTimes(whole), WithoutTimes(again));
        Assert.True(again.IsJudged);
    }

    [Fact]
    public void Run_WhatAKilledWorkerLeftHalfWritten_IsCleared()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1]);
        var opened = StudyFolder.Create(_folder["study"], study);
        var trial = StudyPlan.Resolve(study, new ToyTrials()).Trials.First();
        var left = opened.Workplace(trial);
        File.WriteAllText(Path.Combine(left, "events.jsonl"), "{\"event\":\"runSta");

        study.Run(_folder["study"], new ToyTrials());

        Assert.False(Directory.Exists(left));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_SomethingWithoutATrialJsonInTheTrialsPlace_IsSetAsideAndSaid(bool isFolder)
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1]);
        var whole = study.Run(_folder["study"], new ToyTrials());
        var place = _folder["study", "trials", whole.Trials.First().Trial.Name];
        if (isFolder)
        {
            File.Delete(Path.Combine(place, "trial.json"));
        }
        else
        {
            Directory.Delete(place, recursive: true);
            File.WriteAllText(place, "mine");
        }

        var said = new List<string>();
        StudyOpening.Open(_folder["study"], study, new ToyTrials(), say: said.Add);
        var again = study.Run(_folder["study"], new ToyTrials());

        Assert.Equal(WithoutTimes(whole), WithoutTimes(again));
        var aside = Assert.Single(Directory.EnumerateFileSystemEntries(_folder["study", "set-aside"]));
        Assert.Contains(aside, Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal(isFolder, File.Exists(Path.Combine(aside, "events.jsonl")));
    }

    [Fact]
    public void Run_ATrialsPlaceIsTakenWhileItIsTrained_IsSetAside()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], variants: [new("only", ToyTrials.Schedule(0.5))]);
        var steps = 0;

        var results = study.Run(_folder["study"], new ToyTrials(), (_, _, _) =>
        {
            if (++steps == 5)
            {
                Directory.CreateDirectory(_folder["study", "trials", "dsd-seed-1", "inside"]);
            }
        });

        Assert.True(results.IsJudged);
        Assert.True(Directory.Exists(Path.Combine(Assert.Single(Directory.EnumerateDirectories(_folder["study", "set-aside"])), "inside")));
    }

    [Fact]
    public void Run_TheFolderIsDeletedMeanwhile_SaysSo()
    {
        var steps = 0;

        var error = Assert.ThrowsAny<IOException>(() => ToyTrials.Study(seeds: [1]).Run(_folder["study"], new ToyTrials(), (_, _, _) =>
        {
            if (++steps == 5)
            {
                Directory.Delete(_folder["study"], recursive: true);
            }
        }));

        Assert.Contains($"{_folder["study"]}: the study cannot go on here: the folder was deleted or moved", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["study"]));
    }

    [Fact]
    public void Read_EditedTrials_AreAllNamed()
    {
        var study = ToyTrials.Study(judgement: Judgement.Validation);
        study.Run(_folder["study"], new ToyTrials());
        var trials = Directory.GetDirectories(_folder["study", "trials"]).Order().ToList();
        File.AppendAllText(Path.Combine(trials[0], "events.jsonl"), "\n");
        File.WriteAllText(Path.Combine(trials[1], "trial.json"), "{}");
        File.Delete(Path.Combine(trials[2], "events.jsonl"));
        File.WriteAllText(Path.Combine(trials[3], "trial.json"), File.ReadAllText(Path.Combine(trials[4], "trial.json")));

        var error = Assert.Throws<DsdException>(() => study.Run(_folder["study"], new ToyTrials()));

        Assert.Contains("of the study cannot be read", error.Message, StringComparison.Ordinal);
        Assert.All(trials.Take(4), t => Assert.Contains(t, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(trials[4], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_ByManyAtOnce_OpensOneFolderForAll()
    {
        var study = ToyTrials.Study();
        for (var round = 0; round < 40; round++)
        {
            var path = _folder[$"study-{round}"];
            using var start = new Barrier(4);
            var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
            List<Thread> makers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                start.SignalAndWait();
                if (Record.Exception(() => StudyFolder.Create(path, study)) is { } failure)
                {
                    failures.Enqueue(failure);
                }
            }))];
            makers.ForEach(m => m.Start());
            makers.ForEach(m => m.Join());
            Assert.Empty(failures);
        }
    }

    [Fact]
    public void Create_AFolderOfAnotherStudyOrOfSomethingElse_IsRefused()
    {
        StudyFolder.Create(_folder["study"], ToyTrials.Study());
        Directory.CreateDirectory(_folder["other"]);
        File.WriteAllText(_folder["other", "notes.txt"], "mine");
        Directory.CreateDirectory(_folder["later"]);
        File.WriteAllText(_folder["later", "study.json"], ToyTrials.Study().ToJson().Replace("\"version\": 1", "\"version\": 9", StringComparison.Ordinal));

        Assert.Contains("holds another study ('toy'): it has 3 seeds", Assert.Throws<DsdException>(() => StudyFolder.Create(_folder["study"], ToyTrials.Study(seeds: [1]))).Message, StringComparison.Ordinal);
        Assert.Contains("holds something other than a study", Assert.Throws<DsdException>(() => StudyFolder.Create(_folder["other"], ToyTrials.Study())).Message, StringComparison.Ordinal);
        Assert.Contains("reads version 1", Assert.Throws<DsdException>(() => StudyFolder.Create(_folder["later"], ToyTrials.Study())).Message, StringComparison.Ordinal);
        Assert.Contains("there is no study", Assert.Throws<DsdException>(() => StudyFolder.Open(_folder["nowhere"])).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder["other", "notes.txt"]));
    }

    [Fact]
    public void ToCsv_HasARowForEachPhaseAndOneForTheTest()
    {
        var results = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1, 2]).Run(_folder["study"], new ToyTrials());

        var lines = results.ToCsv().TrimEnd('\n').Split('\n');
        Assert.StartsWith("study,group,arm,treatment,selected,seed,outcome,phase,split,steps,sparsity,training_loss,accuracy,loss,seconds,fork,left_out,left_out_of_train", lines[0], StringComparison.Ordinal);
        Assert.Equal(1 + (3 * 2 * 3) + (2 * 2), lines.Length);
        Assert.All(lines, l => Assert.Equal(27, l.Split(',').Length));
    }

    [Fact]
    public void Run_DataWithWhatIsLeftOut_RecordsAndTellsIt()
    {
        DataProblem Left(DataSplit split, long count) => new(DataProblemKind.LeftOut, split, "broken images", count, [$"{split}/x.png: it is cut off"]);
        var twice = new DataProblem(DataProblemKind.InTwoParts, DataSplit.Test, "images with the same bytes as one of train", 4, ["a = b"]);
        var source = new ToyTrials { Problems = [twice], LeftOut = split => [Left(split, 1 + (int)split)] };

        var results = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1, 2]).Run(_folder["study"], source);

        Assert.Equal([twice, Left(DataSplit.Train, 1), Left(DataSplit.Validation, 2), Left(DataSplit.Test, 3)], results.DataProblems);
        Assert.Contains("Left out, test: broken images: 3 (Test/x.png: it is cut off; and 2 more).", results.Describe(), StringComparison.Ordinal);
        Assert.Contains("In two splits, test: images with the same bytes as one of train: 4 (a = b; and 3 more)", results.Describe(), StringComparison.Ordinal);
        var rows = results.ToCsv().TrimEnd('\n').Split('\n').Skip(1).Select(l => l.Split(',')).ToList();
        Assert.All(rows, row => Assert.Equal((row[8] == "test" ? "3" : "2", "1"), (row[16], row[17])));
        Assert.All(results.Trials, t => Assert.Equal([twice], t.Record.Start!.DataProblems));
        Assert.Equal([Left(DataSplit.Test, 3)], results.Trials.First(t => t.Record.Test is not null).Record.Test!.LeftOut);
    }

    /// <summary>Copies a folder, files that are being written included.</summary>
    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = File.Create(target);
            source.CopyTo(copy);
        }
    }

    private static string WithoutTimes(StudyResults results) =>
        string.Join('\n', results.ToCsv().Split('\n').Select(line => string.Join(',', line.Split(',').Where((_, i) => i != 14))));
}
