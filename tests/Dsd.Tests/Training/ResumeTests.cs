using Dsd.Checkpoints;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Law 5 from disk: a run that is stopped anywhere, any number of times, and continued gives the bits of one that never stopped.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Property(MaxTest = 30)]
    [Trait("Tier", "slow")]
    public void Law5_StoppedAnywhereAndContinuedFromDisk_GivesTheBitsOfNeverStopping(int seed) => CheckThatStoppingChangesNothing(seed, sequence: false);

    [Property(MaxTest = 12)]
    [Trait("Tier", "slow")]
    public void Law5_OfARecurrentNetworkWithTiedWeights_GivesTheBitsOfNeverStopping(int seed) => CheckThatStoppingChangesNothing(seed, sequence: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Law5_OfSomeRuns_GivesTheBitsOfNeverStopping(int seed) => CheckThatStoppingChangesNothing(seed, sequence: seed == 3);

    public static TheoryData<string> MethodNames => [.. Method.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(MethodNames))]
    public void Law5_OfEveryMethodFromDisk_GivesTheBitsOfNeverStopping(string name)
    {
        var rate = LearningRate.Cosine(0.1);
        var method = Method.Named(name);
        var values = new Dictionary<string, object?> { ["duration"] = Duration.Steps(40), ["rate"] = method.Parameters.First(p => p.Name == "rate").Type == typeof(double) ? 0.1 : rate };
        if (method.Parameters.Any(p => p.Name == "interval"))
        {
            values["interval"] = Duration.Steps(5);
        }

        if (method.Parameters.Any(p => p.Name == "rewindTo"))
        {
            values["rewindTo"] = 0.3;
        }

        var schedule = method.Create(values);
        var config = new RunConfig(new TrainingConfig("toy", "toy", batch: 8), schedule, [new Arm(name, schedule), Arm.Control(schedule)], logEverySteps: 1, checkpointEvery: CheckpointInterval.Every(Duration.Steps(3)));
        TrainWide(RunFolder.Create(_folder["whole"], config), null);
        Assert.ThrowsAny<DsdException>(() => TrainWide(RunFolder.Create(_folder["parts"], config), new Explosion(0, times: 0, killAt: 13)));
        Assert.ThrowsAny<DsdException>(() => TrainWide(RunFolder.Resume(_folder["parts"]), new Explosion(0, times: 0, killAt: 35)));
        Assert.True(TrainWide(RunFolder.Resume(_folder["parts"]), null).IsComplete);

        AssertSameFile(_folder["whole", name], _folder["parts", name]);
        AssertSameFile(_folder["whole", "control"], _folder["parts", "control"]);
    }

    [Fact]
    public void Of_ARunWithFilesOfMasks_TrainsWithThem()
    {
        TrainShort(RunFolder.Create(_folder["first"], s_short), null);
        var file = _folder["first", "dsd", "2-sparse.safetensors"];
        var rule = new MaskRule(MaskCriterion.Given(GivenMasks.Named("ticket")));
        var schedule = new Schedule([new Phase(null, Duration.Steps(4), LearningRate.Constant(0.02), SparsityCurve.Constant(0.5), rule)]);
        var config = new RunConfig(s_short.Training, schedule, [new Arm("ticket", schedule)], masks: [KeyValuePair.Create("ticket", file)]);
        Assert.Equal(config, RunConfig.FromJson(config.ToJson()));
        Assert.DoesNotContain("masks", s_short.ToJson(), StringComparison.Ordinal);

        var run = TrainShort(RunFolder.Create(_folder["second"], config), null).Runs[0];

        var kept = WeightFile.Masks(file).ToDictionary(m => m.Key, m => m.Value.Kept);
        Assert.NotEmpty(kept);
        Assert.All(run.Phases[0].End!.Layers.Where(l => kept.ContainsKey(l.Parameter)), l => Assert.Equal(kept[l.Parameter], l.Kept));
        var gone = Assert.Throws<DsdException>(() => TrainerSettings.Of(config.WithMasks([KeyValuePair.Create("a", "gone"), KeyValuePair.Create("b", _folder["first", "dsd", "1-dense.safetensors"])])));
        Assert.Equal(2, gone.Message.Split('\n').Length);
        Assert.Contains("masks.a: gone: there is no such file.", gone.Message, StringComparison.Ordinal);
        Assert.Contains("1-dense.safetensors: it holds no masks.", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rollback_AfterALossThatIsNotFinite_GoesOnFromTheLastCheckpointAtHalfTheRate()
    {
        var config = s_short.WithOnNonFinite(NonFiniteAction.Rollback).WithCheckpointEvery(CheckpointInterval.Every(Duration.Steps(3)));
        var comparison = TrainShort(RunFolder.Create(_folder["run"], config), new Explosion(7, times: 2));

        Assert.True(comparison.IsComplete);
        var dsd = comparison.Runs[0];
        Assert.Equal([(7L, 6L, 0.5), (7L, 6L, 0.25)], dsd.Rollbacks.Select(r => (r.Step, r.To, r.RateFactor)));
        Assert.Contains("net.fc1.weight", dsd.Rollbacks[0].Reason, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 12), dsd.Phases.SelectMany(p => p.Samples).Select(s => (int)s.Step));
        Assert.All(dsd.Phases.SelectMany(p => p.Samples), s => Assert.Equal(dsd.Start!.Plan().RateAt(s.Step) * (s.Step < 6 ? 1 : 0.25), s.Rate));
        Assert.Empty(comparison.Runs[1].Rollbacks);
        Assert.Equal(comparison, Comparison.Load(_folder["run"]));
        Assert.Contains("rate", comparison.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_OfARunWithPhasesOfOtherSteps_IsRefused()
    {
        Assert.ThrowsAny<DsdException>(() => TrainShort(RunFolder.Create(_folder["run"], s_short), new Explosion(0, times: 0, killAt: 7)));
        foreach (var path in Directory.GetFiles(_folder["run", "checkpoints"], "*.safetensors"))
        {
            using var checkpoint = CheckpointFile.Read(path);
            var events = checkpoint.Events.ToDictionary(e => e.Key, e => System.Text.Encoding.UTF8.GetBytes(string.Concat(
                EventLog.Parse(e.Value).Select(x => EventLog.ToLine(x is PhaseStarted { Phase: 0 } started ? started with { Steps = started.Steps + 1 } : x) + "\n"))));
            CheckpointFile.Write(path, checkpoint with { Events = events });
        }

        var message = Assert.Throws<DsdException>(() => TrainShort(RunFolder.Resume(_folder["run"]), null)).Message;

        Assert.Contains("phase 'dense' of arm dsd began at step 0 with 5 steps; this version plans 4 from step 0", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rollback_KilledAfterwards_IsRepeatedInTheSameWay()
    {
        var config = s_short.WithOnNonFinite(NonFiniteAction.Rollback).WithCheckpointEvery(CheckpointInterval.Every(Duration.Steps(3)));
        TrainShort(RunFolder.Create(_folder["whole"], config), new Explosion(7, times: 2));
        Assert.ThrowsAny<DsdException>(() => TrainShort(RunFolder.Create(_folder["parts"], config), new Explosion(7, times: 2, killAt: 8)));
        TrainShort(RunFolder.Resume(_folder["parts"]), new Explosion(7, times: 2));

        AssertSameFile(_folder["whole", "dsd"], _folder["parts", "dsd"]);
    }

    [Fact]
    public void Stop_OnALossThatIsNotFinite_KeepsTheLastGoodCheckpoint()
    {
        var config = s_short.WithCheckpointEvery(CheckpointInterval.Every(Duration.Steps(3)));
        var error = Assert.Throws<DivergedException>(() => TrainShort(RunFolder.Create(_folder["run"], config), new Explosion(7, times: 100)));

        Assert.Contains("net.fc1.weight", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("001-dsd-000000000006.safetensors", Directory.GetFiles(_folder["run", "checkpoints"]).Order(StringComparer.Ordinal).Last(), StringComparison.Ordinal);
        Assert.True(TrainShort(RunFolder.Resume(_folder["run"]), null).IsComplete);
    }

    [Fact]
    public void Rollback_WithoutAFolderOrByMinutes_IsRefused()
    {
        using var net = new ToyNet(4, 6);
        var message = Assert.Throws<DsdException>(() => FairComparison.Run(s_short.Arms, net, new ToyTask(4), new TrainerSettings(onNonFinite: NonFiniteAction.Rollback), Observer.None)).Message;
        Assert.StartsWith("Going back to a checkpoint needs a run folder", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_WithAnotherRunOrOtherData_IsRefusedByName()
    {
        Assert.Throws<DivergedException>(() => TrainShort(RunFolder.Create(_folder["run"], s_short), new Explosion(7, times: 100)));
        using var net = new ToyNet(5, 6);
        using var folder = RunFolder.Resume(_folder["run"]);

        var other = Assert.Throws<DsdException>(() => FairComparison.Run(folder.Config.Arms, net, new ToyTask(5), TrainerSettings.Of(folder.Config), Observer.None, folder: folder)).Message;

        Assert.Contains("the arm 'dsd' cannot be continued as another run: a network of other layers or sizes", other, StringComparison.Ordinal);
        folder.CheckData(new DataInventory("toy", [new("a", 1, "aa")]));
        Assert.Contains("the data have changed since the run began: 1 file changed (a)", Assert.Throws<DsdException>(() => folder.CheckData(new DataInventory("toy", [new("a", 1, "bb")]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_WhereThisProgramHasARun_IsRefused()
    {
        using var folder = RunFolder.Create(_folder["run"], s_short);

        var message = Assert.Throws<DsdException>(() => RunFolder.Resume(_folder["run"])).Message;
        Assert.StartsWith($"{_folder["run"]}: this program has this folder open already. Dispose of its RunFolder first", message, StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<DsdException>(() => RunFolder.Create(_folder["run"], s_short, replace: true)).Message);
        Assert.True(File.Exists(_folder["run", "run.json"]));
        folder.Dispose();
        RunFolder.Resume(_folder["run"]).Dispose();
    }

    [Fact]
    public void Resume_ACompleteRun_GivesItsRecordAgain()
    {
        var comparison = TrainShort(RunFolder.Create(_folder["run"], s_short), null);
        var events = File.ReadAllText(_folder["run", "dsd", "events.jsonl"]);

        Assert.Equal(comparison, TrainShort(RunFolder.Resume(_folder["run"]), null));
        Assert.Equal(events, File.ReadAllText(_folder["run", "dsd", "events.jsonl"]));
    }

    [Fact]
    public void Session_SavedAndLoadedInALoopOfOnesOwn_GoesOnWithTheSameBits()
    {
        var c = new ToyCase(7);
        using var straight = c.Net();
        Drive(straight, null);
        using var first = c.Net();
        Drive(first, 5);
        manual_seed(99);
        using var second = c.Net();
        using (no_grad())
        {
            second.parameters().ToList().ForEach(p => p.add_(1));
        }

        Drive(second, null, load: true);
        ToyCase.AssertSameBits(ToyCase.Weights(straight), ToyCase.Weights(second));

        void Drive(ToyNet net, int? until, bool load = false)
        {
            using var optimizer = c.Create(net);
            using var session = new Session(c.Schedule().On(net, 5, ToyCase.Methods), net, optimizer, methods: ToyCase.Methods, seed: c.Seed);
            if (load)
            {
                session.Load(_folder["session.safetensors"]);
                Assert.Equal(5, session.Step);
            }

            while (session.Step != until && session.BeginStep())
            {
                optimizer.zero_grad();
                c.Task().Loss(net, session.Step).backward();
                session.MaskGradients();
                optimizer.step();
                session.EndStep();
            }

            if (until is not null)
            {
                session.Save(_folder["session.safetensors"]);
            }
        }
    }

    [Theory]
    [InlineData(1, 6, 7)]
    [InlineData(9, 3, 5)]
    public void Resume_AllOrTheLastCheckpointsDamaged_NeverDeletesWhatIsWrittenAfterwards(int damaged, int firstStop, int secondStop)
    {
        var config = s_short.WithCheckpointEvery(CheckpointInterval.Every(Duration.Steps(2)));
        Assert.Throws<DivergedException>(() => TrainShort(RunFolder.Create(_folder["run"], config), new Explosion(7, times: 100)));
        foreach (var file in Directory.GetFiles(_folder["run", "checkpoints"]).OrderDescending(StringComparer.Ordinal).Take(damaged))
        {
            File.WriteAllBytes(file, File.ReadAllBytes(file)[..^9]);
        }

        Assert.ThrowsAny<DsdException>(() => TrainShort(RunFolder.Resume(_folder["run"]), new Explosion(0, times: 0, killAt: firstStop)));
        Assert.ThrowsAny<DsdException>(() => TrainShort(RunFolder.Resume(_folder["run"]), new Explosion(0, times: 0, killAt: secondStop)));
        var comparison = TrainShort(RunFolder.Resume(_folder["run"]), null);

        var steps = comparison.Runs[0].Resumptions.Select(r => r.Step).ToList();
        Assert.Equal(steps.Order(), steps);
        Assert.True(steps[^1] > 0, "the last stop lost everything");
        Assert.Contains(comparison.Runs[0].Resumptions, r => r.Notes?.Any(n => n.Contains("checksum", StringComparison.Ordinal) || n.Contains("not a whole", StringComparison.Ordinal)) == true);
        TrainShort(RunFolder.Create(_folder["whole"], config), null);
        AssertSameFile(_folder["whole", "dsd"], _folder["run", "dsd"]);
    }

    [Theory]
    [InlineData("half a line")]
    [InlineData(null)]
    public void Resume_EventLogDamagedOrGone_TakesThatOfTheCheckpoint(string? text)
    {
        Assert.Throws<DivergedException>(() => TrainShort(RunFolder.Create(_folder["run"], s_short), new Explosion(7, times: 100)));
        if (text is null)
        {
            File.Delete(_folder["run", "dsd", "events.jsonl"]);
        }
        else
        {
            File.WriteAllText(_folder["run", "dsd", "events.jsonl"], $"{text}\n{text}\n");
        }

        Assert.True(TrainShort(RunFolder.Resume(_folder["run"]), null).IsComplete);
        Assert.Equal(3, Comparison.Load(_folder["run"]).Runs[0].Phases.Count);
    }

    [Fact]
    public void Resume_CheckpointsOfAnotherRun_AreRefused()
    {
        foreach (var name in new[] { "one", "other" })
        {
            Assert.Throws<DivergedException>(() => TrainShort(RunFolder.Create(_folder[name], s_short), new Explosion(7, times: 100)));
        }

        foreach (var file in Directory.GetFiles(_folder["other", "checkpoints"]))
        {
            File.Copy(file, _folder["one", "checkpoints", Path.GetFileName(file)], overwrite: true);
        }

        Assert.Contains("the checkpoint is of another run", Assert.Throws<DsdException>(() => TrainShort(RunFolder.Resume(_folder["one"]), null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TwiceInOneRunFolder_IsRefused()
    {
        using var folder = RunFolder.Create(_folder["run"], s_short);
        using var net = new ToyNet(4, 6);
        void Train() => FairComparison.Run(folder.Config.Arms, net, new ToyTask(4), TrainerSettings.Of(folder.Config), Observer.None, folder: folder);
        Train();

        Assert.Contains("has carried a run already", Assert.Throws<InvalidOperationException>(Train).Message, StringComparison.Ordinal);
        folder.Dispose();
        Assert.Throws<ObjectDisposedException>(Train);
    }

    [Fact]
    public void Resume_FinalWeightsTornAfterwards_TrainsThatArmAgain()
    {
        TrainShort(RunFolder.Create(_folder["run"], s_short), null);
        var weights = _folder["run", "dsd", "weights.safetensors"];
        var whole = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, whole[..^5]);

        Assert.True(TrainShort(RunFolder.Resume(_folder["run"]), null).IsComplete);
        Assert.Equal(whole, File.ReadAllBytes(weights));
    }

    [Fact]
    public void Resume_LogGoneAndAnotherSeed_IsRefused()
    {
        Assert.Throws<DivergedException>(() => TrainShort(RunFolder.Create(_folder["run"], s_short), new Explosion(7, times: 100)));
        File.Delete(_folder["run", "dsd", "events.jsonl"]);
        using var net = new ToyNet(4, 6);
        using var folder = RunFolder.Resume(_folder["run"]);

        Assert.Contains("seed 9, not 1", Assert.Throws<DsdException>(() => FairComparison.Run(folder.Config.Arms, net, new ToyTask(4), new TrainerSettings(9), Observer.None, folder: folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("momentum_buffer")]
    [InlineData("exp_avg")]
    public void Load_StateOfAnotherShape_IsRefusedBeforeAnythingChanges(string field)
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = (field == "exp_avg" ? OptimizerSettings.Adam() : OptimizerSettings.Default).Create(net.parameters(), 0.05);
        using var session = new Session(s_short.Schedule.On(net, 5), net, optimizer);
        session.BeginStep();
        new ToyTask(4).Loss(net, 0).backward();
        session.MaskGradients();
        optimizer.step();
        session.EndStep();
        session.Save(_folder["s.safetensors"]);
        using (var checkpoint = CheckpointFile.Read(_folder["s.safetensors"]))
        {
            var first = checkpoint.State.Session.Optimizer[0].Fields;
            first[field] = zeros(3);
            CheckpointFile.Write(_folder["s.safetensors"], checkpoint);
        }

        var before = ToyCase.Weights(net);
        Assert.Contains($"has no '{field}' of the parameter", Assert.Throws<DsdException>(() => session.Load(_folder["s.safetensors"])).Message, StringComparison.Ordinal);
        ToyCase.AssertSameBits(before, ToyCase.Weights(net));
    }

    [Fact]
    public void Load_AParameterThatStepsDoNotAlwaysReach_GivesTheBitsOfNeverStopping()
    {
        using var straight = new ToyNet(4, 6);
        using var parts = new ToyNet(4, 6);
        using (no_grad())
        {
            parts.parameters().Zip(straight.parameters()).ToList().ForEach(p => p.First.copy_(p.Second));
        }

        Drive(straight, 0, 12, null);
        Drive(parts, 0, 6, null);
        Drive(parts, 6, 12, _folder["s.safetensors"]);
        ToyCase.AssertSameBits(ToyCase.Weights(straight), ToyCase.Weights(parts));

        void Drive(ToyNet net, int from, int to, string? load)
        {
            using var optimizer = OptimizerSettings.RmsProp(momentum: 0.9, weightDecay: 0.01).Create(net.parameters(), 0.05);
            using var session = new Session(s_short.Schedule.On(net, 5), net, optimizer);
            if (load is not null)
            {
                session.Load(load);
            }

            while (session.Step < to && session.BeginStep())
            {
                optimizer.zero_grad();
                var loss = session.Step % 3 == 0 ? (net.get_parameter("net.fc1.weight")!.square().sum()) : new ToyTask(4).Loss(net, session.Step);
                loss.backward();
                session.MaskGradients();
                optimizer.step();
                session.EndStep();
            }

            if (to == 6)
            {
                session.Save(_folder["s.safetensors"]);
            }
        }
    }

    [Fact]
    public void Load_SessionOfAnotherPlan_IsRefused()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using (var session = new Session(s_short.Schedule.On(net, 5), net, optimizer))
        {
            session.Save(_folder["s.safetensors"]);
        }

        using var other = new Session(Schedule.Dsd(Duration.Steps(4), Duration.Steps(4), Duration.Steps(4), 0.5, 0.03).On(net, 5), net, optimizer);
        Assert.Contains("not of a session with this plan", Assert.Throws<DsdException>(() => other.Load(_folder["s.safetensors"])).Message, StringComparison.Ordinal);
    }

    /// <summary>So that another run can be given them.</summary>
    [Fact]
    public void Weights_OfARunThatEndsSparse_HaveItsMasks()
    {
        var sparse = Methods.Rigl(Duration.Steps(12), LearningRate.Constant(0.02), 0.5, Duration.Steps(3));
        TrainShort(RunFolder.Create(_folder["run"], s_short.WithSchedule(sparse)), null);

        var masks = WeightFile.Masks(_folder["run", "dsd", "weights.safetensors"]);
        Assert.Equal(Comparison.Load(_folder["run"]).Runs[0].Phases[0].Masks[^1].Layers.Select(l => (l.Parameter, l.Kept)), masks.Select(m => (m.Key, m.Value.Kept)));
        Assert.All(masks, m => Assert.Equal(0, WeightFile.ReadTensor(_folder["run", "dsd", "weights.safetensors"], m.Key).ne(0).logical_and(m.Value.ToTensor([.. WeightFile.Shapes(_folder["run", "dsd", "weights.safetensors"])[m.Key]]).logical_not()).sum().item<long>()));
        Assert.Empty(WeightFile.Masks(_folder["run", "control", "weights.safetensors"]));
    }

    private static readonly RunConfig s_short = new(
        new TrainingConfig("toy", "toy", batch: 8), Schedule.Dsd(Duration.Steps(4), Duration.Steps(4), Duration.Steps(4), 0.5, 0.02), logEverySteps: 1);

    private static Comparison TrainWide(RunFolder folder, IStepHook? hook)
    {
        using (folder)
        {
            manual_seed(1);
            using var net = new ToyNet(8, 16, dropout: 0.2);
            return FairComparison.Run(folder.Config.Arms, net, new ToyTask(8), TrainerSettings.Of(folder.Config, stepHook: hook), Observer.None, folder: folder);
        }
    }

    private static Comparison TrainShort(RunFolder folder, IStepHook? hook)
    {
        using (folder)
        {
            manual_seed(1);
            using var net = new ToyNet(4, 6);
            return FairComparison.Run(folder.Config.Arms, net, new ToyTask(4), TrainerSettings.Of(folder.Config, stepHook: hook), Observer.None, folder: folder);
        }
    }

    private void CheckThatStoppingChangesNothing(int seed, bool sequence)
    {
        var c = new ToyCase(seed);
        var folder = _folder[$"runs-{Guid.NewGuid():N}"];
        var config = Config(c);
        var whole = Train(c, RunFolder.Create(Path.Combine(folder, "whole"), config), sequence);

        // Each part ends at the step of a hook that throws, or by a cancelled token, which writes a checkpoint.
        var path = Path.Combine(folder, "parts");
        var stops = c.Pick(30, 1, 3);
        for (var i = 0; i <= stops; i++)
        {
            using var run = i == 0 ? RunFolder.Create(path, config) : RunFolder.Resume(path);
            var steps = i == stops ? int.MaxValue : c.Pick(31 + i, 1, 14);
            using var cancellation = new CancellationTokenSource();
            var hook = new StopAfter(steps, c.Pick(40 + i, 0, 1) == 0 ? null : cancellation);
            try
            {
                Train(c, run, sequence, hook, cancellation.Token);
            }
            catch (DsdException e) when (e.InnerException is StopException)
            {
                // As a killed process would: the log even says that the run failed.
            }
        }

        foreach (var arm in config.Arms)
        {
            AssertSameFile(Path.Combine(folder, "whole", arm.Name), Path.Combine(path, arm.Name));
        }

        var continued = Comparison.Load(path);
        Assert.Equal(whole.Runs.Select(WithoutTimes), continued.Runs.Select(WithoutTimes));
        Assert.False(Directory.Exists(Path.Combine(path, "checkpoints")));
    }

    private static void AssertSameFile(string expected, string actual)
    {
        static string[] Files(string arm) => [.. Directory.GetFiles(arm, "*.safetensors").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(Files(expected), Files(actual));
        foreach (var file in Files(expected))
        {
            Assert.True(File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), $"{file} differs");
        }
    }

    private static RunConfig Config(ToyCase c) => new(
        new TrainingConfig("toy", "toy", batch: 8, optimizer: c.Optimizer, gradientClip: c.Pick(50, 0, 2) == 0 ? 0.5 : null),
        c.Schedule(),
        seed: c.Seed,
        checkpointEvery: c.Pick(51, 0, 2) switch
        {
            0 => CheckpointInterval.Every(Duration.Steps(c.Pick(52, 1, 4))),
            1 => CheckpointInterval.Every(Duration.Epochs(1)),
            _ => CheckpointInterval.Minutes(1000),
        });

    private static Comparison Train(ToyCase c, RunFolder folder, bool sequence, IStepHook? hook = null, CancellationToken cancellation = default)
    {
        using (folder)
        {
            manual_seed(c.Seed);
            using nn.Module<Tensor, Tensor> net = sequence ? new SequenceNet(c.Hidden) : c.Net(dropout: 0.3);
            return FairComparison.Run(folder.Config.Arms, net, c.Task(), TrainerSettings.Of(folder.Config, ToyCase.Methods, hook), Observer.None, folder: folder, cancellation: cancellation);
        }
    }

    private static RunRecord WithoutTimes(RunRecord record) => record with
    {
        Start = record.Start! with { Time = default },
        Resumptions = [],
        Phases = record.Phases.Select(p => p with { End = p.End! with { ElapsedSeconds = 0 } }).ToValueList(),
        End = record.End! with { ElapsedSeconds = 0 },
    };

    private sealed class StopException : Exception;

    /// <summary>Stops after some steps of this process: by a token, or by an exception of an own kind.</summary>
    private sealed class StopAfter(int steps, CancellationTokenSource? cancellation) : IStepHook
    {
        private int _done;

        public void AfterUpdate(nn.Module model, long step)
        {
            if (++_done < steps)
            {
                return;
            }

            if (cancellation is null)
            {
                throw new StopException();
            }

            cancellation.Cancel();
        }
    }

    /// <summary>Makes a gradient infinite at a step, some times, while masks hold; or throws at a step.</summary>
    private sealed class Explosion(long step, int times, long? killAt = null) : IStepHook
    {
        private int _done;

        public void BeforeUpdate(nn.Module model, long now)
        {
            using var weight = model.get_parameter("net.fc1.weight")!.detach();
            using var zeros = weight.eq(0).sum();
            if (now == step && zeros.item<long>() > 0 && _done++ < times)
            {
                model.get_parameter("net.fc1.weight")!.grad!.fill_(float.PositiveInfinity);
            }
        }

        public void AfterUpdate(nn.Module model, long now)
        {
            if (now == killAt)
            {
                throw new StopException();
            }
        }
    }

    /// <summary>An LSTM whose two layers after it share a weight.</summary>
    private sealed class SequenceNet : nn.Module<Tensor, Tensor>
    {
        private readonly Layers _net;

        public SequenceNet(int hidden)
            : base("sequence") => register_module("net", _net = new Layers(hidden));

        public override Tensor forward(Tensor input) => _net.call(input);

        private sealed class Layers : nn.Module<Tensor, Tensor>
        {
            private readonly TorchSharp.Modules.LSTM _lstm;
            private readonly TorchSharp.Modules.Dropout _drop = nn.Dropout(0.2);
            private readonly TorchSharp.Modules.Linear _fc1;
            private readonly TorchSharp.Modules.Linear _fc2;
            private readonly TorchSharp.Modules.Linear _fc3;

            public Layers(int hidden)
                : base("layers")
            {
                register_module("lstm", _lstm = nn.LSTM(2, hidden, batchFirst: true));
                register_module("drop", _drop);
                register_module("fc1", _fc1 = nn.Linear(hidden, hidden));
                _fc2 = nn.Linear(hidden, hidden);
                _fc2.weight = _fc1.weight;
                register_module("fc2", _fc2);
                register_module("fc3", _fc3 = nn.Linear(hidden, 3));
            }

            public override Tensor forward(Tensor input)
            {
                var (steps, _, _) = _lstm.call(stack([input, input.square()], -1));
                return _fc3.call(_fc2.call(_drop.call(_fc1.call(steps.select(1, -1)).tanh())).tanh());
            }
        }
    }
}
