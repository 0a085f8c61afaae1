using System.Runtime.InteropServices;
using Dsd.Records;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>Studies that train several seeds at once: each is what it is alone, and stands in its own folder.</summary>
[Trait("Tier", "slow")]
public sealed class StackedBlocksTests : IDisposable
{
    private const double Rounding = 1e-4;
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(20);

    private readonly TempFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_SeedsAtOnce_IsEachSeedAloneInItsOwnFolder()
    {
        var (alone, together) = (0, 0);
        var expected = Study().Run(_folder["alone"], Source(), (_, _, _) => alone++);

        var results = Study().Run(_folder["together"], Source(), (_, done, steps) => Assert.Equal((++together, expected.Plan.Steps), (done, steps)), seedsAtOnce: 3);

        Assert.Equal(alone, together);
        Same(expected, results);
        Assert.Equal(Files("alone"), Files("together"));
        Assert.All(results.Trials, t => Assert.EndsWith("; at once with 2 other seeds", t.Record.Computation, StringComparison.Ordinal));
        Assert.All(results.Trials.ToLookup(t => t.Trial.Seed, t => t.Fork), f => Assert.Single(f.OfType<string>().Distinct()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["together", "work"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["together", "claims"]));
    }

    [Fact]
    public void Run_MoreSeedsThanAtOnce_TrainsTheRestAfterThem()
    {
        var results = Run("study", Study(3), Source(), 2);

        Same(Study(3).Run(_folder["alone"], Source()), results);
        Assert.Equal([1, 1, 0], results.Plan.Study.Seeds.Select(s => results.Trials.First(t => t.Trial.Seed == s).Record.Computation.Count(c => c == ';')));
        Assert.Empty(_said);
    }

    [Fact]
    public void Run_ANetworkThatCannotBeStacked_IsTrainedOneSeedAfterAnotherWithTheReason()
    {
        var results = Run("study", Study(), Source("layer 'drop' draws random numbers"), 3);

        Assert.Equal(["Seeds are trained one after another: stackable: layer 'drop' draws random numbers."], _said);
        Assert.All(results.Trials, t => Assert.DoesNotContain("at once", t.Record.Computation, StringComparison.Ordinal));
        Assert.Equal(WithoutTimes(Study().Run(_folder["alone"], Source())), WithoutTimes(results));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(35)]
    [InlineData(70)]
    [InlineData(110)]
    public void Run_StoppedAnywhereAndContinuedAtOnce_HasTheBitsOfARunThatNeverStopped(int steps)
    {
        var (all, done) = (0, 0);
        var whole = Study().Run(_folder["whole"], Source(), (_, _, _) => all++, seedsAtOnce: 3);

        Stop(steps, () => done++);
        var parts = Study().Run(_folder["parts"], Source(), (_, _, _) => done++, seedsAtOnce: 3);

        Assert.Equal(WithoutTimes(whole), WithoutTimes(parts));
        Assert.Equal(all, done);
        Assert.Contains(parts.Trials, t => t.Record.Resumptions.Count == 1);
        Assert.All(parts.Trials, t => Assert.All(t.Record.Resumptions, r => Assert.Null(r.Notes)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["parts", "work"]));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(70)]
    public void Run_StoppedAndContinuedOneAfterAnother_IsFinishedWithoutLossAndSaysSo(int steps)
    {
        var (all, done) = (0, 0);
        var whole = Study().Run(_folder["whole"], Source(), (_, _, _) => all++);

        Stop(steps, () => done++);
        var parts = Study().Run(_folder["parts"], Source(), (_, _, _) => done++);

        Same(whole, parts);
        Assert.Equal(all, done);
        Assert.All(parts.Trials.SelectMany(t => t.Record.Resumptions), r => Assert.Contains("began at once with 2 other seeds and continues alone", Assert.Single(r.Notes!), StringComparison.Ordinal));
        Assert.Contains(parts.Trials, t => t.Record.Resumptions.Count == 1);
    }

    [Fact]
    public void Run_ABlockAtAnotherStep_IsTrainedApartFromThoseAtOneStep()
    {
        var whole = Study().Run(_folder["whole"], Source());
        Stop(20, () => { });
        Assert.Equal(3, Directory.GetDirectories(_folder["parts", "work"], "*.checkpoints").Length);
        Directory.Delete(_folder["parts", "work", "dsd-seed-2.checkpoints"], recursive: true);

        var parts = Run("parts", Study(), Source(), 3);

        Same(whole, parts);
        var dsd = parts.Trials.Where(t => t.Trial.Treatment.Name == "dsd").ToDictionary(t => t.Trial.Seed, t => t.Record);
        Assert.Contains("continues at once with 1 other seed;", Assert.Single(Assert.Single(dsd[1].Resumptions).Notes!), StringComparison.Ordinal);
        Assert.Empty(dsd[2].Resumptions);
        Assert.DoesNotContain("at once", dsd[2].Computation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(10, 1)]
    public void Run_ASeedThatDiverges_FailsAsAloneAndLeavesTheOthersAsTheyAre(int step, int failures)
    {
        StudySource Diverging() => Source(inputs: (seed, at, batch) => seed == 2 && at >= step ? batch.mul_(float.NaN) : batch);
        var alone = Study().Run(_folder["alone"], Diverging());

        var results = Run("study", Study(), Diverging(), 3);

        Assert.True(results.Failures.Count() >= failures);
        Assert.Equal(alone.Failures.Select(f => (f.Trial.Name, f.HasDiverged, f.Record.End!.Message, f.Record.End.Step)), results.Failures.Select(f => (f.Trial.Name, f.HasDiverged, f.Record.End!.Message, f.Record.End.Step)));
        Assert.All(results.Failures, f => Assert.Equal(2, f.Trial.Seed));
        Same(alone, results);
        Assert.Empty(_said);
    }

    [Fact]
    public void Work_ABlockThatIsTakenOverMeanwhile_IsLeftToTheOtherAndTheRestIsTrained()
    {
        var (source, study) = (Source(), Study());
        var plan = StudyPlan.Resolve(study, source);
        var folder = StudyFolder.Create(_folder["study"], study);
        var lost = plan.TrialBlocks.Single(b => b.Name == "dsd-seed-2");
        Claim? thief = null;
        var steps = 0;
        using var stop = new CancellationTokenSource();
        var worker = new StudyWorker(
            plan,
            folder,
            source,
            (_, _, _) =>
            {
                if (++steps == 4)
                {
                    thief = Claim.TryMake(folder.Claims, lost.Name, 2, s_beat);
                    Thread.Sleep(10 * s_beat);
                }
            },
            s_beat,
            TimeSpan.FromMinutes(5),
            new SeedsAtOnce(3));
        stop.CancelAfter(TimeSpan.FromSeconds(60));
        using var end = new Timer(_ => Task.Run(plan.Trials.Count(folder.IsDone) == plan.Trials.Count() - lost.Trials.Count ? stop.Cancel : () => { }), null, s_beat, s_beat);

        Assert.Throws<OperationCanceledException>(() => worker.Work(stop.Token));

        Assert.NotNull(thief);
        Assert.All(lost.Trials, t => Assert.False(folder.IsDone(t)));
        Assert.All(plan.Trials.Except(lost.Trials), t => Assert.True(folder.IsDone(t), t.Name));
        Assert.DoesNotContain(Directory.EnumerateDirectories(Path.Combine(folder.Path, "work"), "dsd-seed-2.*"), d => !d.EndsWith("checkpoints", StringComparison.Ordinal));
        thief.Dispose();
    }

    [Fact]
    public void Run_MemoryThatIsFull_TrainsHalfAsManyAtOnce()
    {
        var source = Source(losses: count =>
        {
            if (count > 2)
            {
                throw new LibTorchException("CUDA out of memory. Tried to allocate 20.00 MiB.");
            }
        });

        var results = Run("study", Study(4), source, 4);

        Same(Study(4).Run(_folder["alone"], Source()), results);
        Assert.All(results.Trials, t => Assert.EndsWith("; at once with 1 other seed", t.Record.Computation, StringComparison.Ordinal));
        Assert.Equal("Memory is full with 4 seeds at once: 2 are trained at once from now on (--seeds-at-once 2).", Assert.Single(_said));
    }

    [Fact]
    public void Run_AnErrorThatBelongsToNoSeed_TrainsOneAfterAnother()
    {
        var source = Source(losses: count => throw new LibTorchException("no kernel for so many"));

        var results = Run("study", Study(), source, 3);

        Assert.Equal(WithoutTimes(Study().Run(_folder["alone"], Source())), WithoutTimes(results));
        Assert.All(_said, s => Assert.Contains("one after another: points: step 0 of 3 seeds at once failed: no kernel for so many", s, StringComparison.Ordinal));
        Assert.Single(_said);
    }

    private static StudySource Source(string? obstacle = null, Func<long, long, Tensor, Tensor>? inputs = null, Action<long>? losses = null) => StackableTrials.Source(obstacle, inputs, losses);

    private static Study Study(int seeds = 3) => StackableTrials.Study(Source(), seeds);

    private StudyResults Run(string name, Study study, StudySource source, int seedsAtOnce)
    {
        var (plan, folder) = StudyOpening.Open(_folder[name], study, source);
        new StudyWorker(plan, folder, source, null, seeds: new SeedsAtOnce(seedsAtOnce, say: _said.Add)).Work(CancellationToken.None);
        return StudyResults.Read(plan, folder);
    }

    /// <summary>Runs the study with three seeds at once in the folder <c>parts</c>, and stops it.</summary>
    private void Stop(int steps, Action counted)
    {
        var done = 0;
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Study().Run(
            _folder["parts"],
            Source(),
            (_, _, _) =>
            {
                counted();
                if (++done == steps)
                {
                    stop.Cancel();
                }
            },
            seedsAtOnce: 3,
            cancellation: stop.Token));
    }

    private static void Same(StudyResults expected, StudyResults results)
    {
        Assert.Equal(expected.Trials.Select(t => (t.Trial.Name, t.Record.End!.Outcome, t.Fork is null)), results.Trials.Select(t => (t.Trial.Name, t.Record.End!.Outcome, t.Fork is null)));
        Assert.Equal(expected.Arms.Select(a => a.Selected?.Name), results.Arms.Select(a => a.Selected?.Name));
        foreach (var (alone, together) in expected.Trials.Zip(results.Trials).Select(t => (t.First.Record, t.Second.Record)))
        {
            Assert.Equal(alone.Phases.SelectMany(p => p.Samples).Select(s => (s.Step, s.Rate)), together.Phases.SelectMany(p => p.Samples).Select(s => (s.Step, s.Rate)));
            Assert.Equal(alone.Phases.SelectMany(p => p.Masks).SelectMany(m => m.Layers), together.Phases.SelectMany(p => p.Masks).SelectMany(m => m.Layers));
            Assert.Equal(alone.Phases.Select(p => p.End?.Layers.Select(l => (l.Parameter, l.Kept, l.NonZero)).ToValueList()), together.Phases.Select(p => p.End?.Layers.Select(l => (l.Parameter, l.Kept, l.NonZero)).ToValueList()));
            Assert.All(alone.Phases.SelectMany(p => p.Samples).Zip(together.Phases.SelectMany(p => p.Samples)), s => Assert.True(double.IsNaN(s.First.Loss) ? double.IsNaN(s.Second.Loss) : Math.Abs(s.First.Loss - s.Second.Loss) < Rounding));
            Assert.All(Measured(alone).Zip(Measured(together)), e => Assert.Equal(e.First, e.Second, Rounding));
        }

        static IEnumerable<double> Measured(RunRecord record) => record.Phases.SelectMany(p => p.Evaluations).Concat(record.Evaluations).Select(e => e.Value("loss")!.Value);
    }

    private List<string> Files(string name) => [.. Directory.EnumerateFiles(_folder[name], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_folder[name], f)).Order(StringComparer.Ordinal)];

    private static string WithoutTimes(StudyResults results) =>
        string.Join('\n', results.ToCsv().Split('\n').Select(line => string.Join(',', line.Split(',').Where((_, i) => i != 14))));

    private sealed class LibTorchException(string message) : ExternalException(message);
}
