using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>Studies that are given more seeds after they were begun.</summary>
[Trait("Tier", "slow")]
public sealed class StudyExtensionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithSeeds_ANumber_TakesTheFirstOrAddsTheSmallestThatAreMissing()
    {
        var study = ToyTrials.Study(seeds: [5, 2, 9]);

        Assert.Equal([5, 2], study.WithSeeds(2).Seeds);
        Assert.Equal([5, 2, 9, 1, 3, 4, 6], study.WithSeeds(7).Seeds);
        Assert.Equal([7, 8], study.WithSeeds([7L, 8L]).Seeds);
        Assert.Throws<ArgumentOutOfRangeException>(() => study.WithSeeds(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => study.WithSeeds(Study.MaxSeeds + 1));
        Assert.Equal(Study.MaxSeeds, study.WithSeeds(Study.MaxSeeds).Seeds.Distinct().Count());
    }

    [Fact]
    public void Run_MoreSeedsWithoutSayingSo_IsRefusedWithTheHint()
    {
        ToyTrials.Study(seeds: [1, 2]).Run(_folder["study"], new ToyTrials());
        var before = File.ReadAllText(_folder["study", "study.json"]);

        var error = Assert.Throws<DsdException>(() => ToyTrials.Study(seeds: [1, 2, 3]).Run(_folder["study"], new ToyTrials()));

        Assert.Contains("it has 2 seeds, and not the same as the 3 here; to extend it, say so: --seeds 3", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(_folder["study", "study.json"]));
    }

    [Fact]
    public void Run_FewerOrOtherSeeds_IsRefused()
    {
        ToyTrials.Study(seeds: [1, 2]).Run(_folder["study"], new ToyTrials());

        Assert.Contains("never taken away", Assert.Throws<DsdException>(() => ToyTrials.Study(seeds: [1]).Run(_folder["study"], new ToyTrials(), extend: true)).Message, StringComparison.Ordinal);
        Assert.Contains("never taken away", Assert.Throws<DsdException>(() => ToyTrials.Study(seeds: [1, 3, 4]).Run(_folder["study"], new ToyTrials(), extend: true)).Message, StringComparison.Ordinal);
        Assert.Contains("its arms are", Assert.Throws<DsdException>(() => ToyTrials.Study([StudyArm.Dsd], [1, 2, 3]).Run(_folder["study"], new ToyTrials(), extend: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AJudgedStudyWithMoreSeeds_KeepsWhatIsDoneAndSaysThatTheTestWasRead()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control, StudyArm.RandomMask], [1, 2], variants: [new("only", ToyTrials.Schedule(0.5))]);
        var first = study.Run(_folder["study"], new ToyTrials());
        var times = Times(first);
        var source = new ToyTrials();

        var extended = first.Plan.Study.WithSeeds(4).Run(_folder["study"], source, extend: true);

        var whole = study.WithSeeds(4).Run(_folder["whole"], new ToyTrials());
        Assert.Equal(whole.Arms, extended.Arms);
        Assert.Equal(whole.Contrasts, extended.Contrasts);
        Assert.Equal(times, Times(extended).Where(t => times.Exists(k => k.Name == t.Name)));
        Assert.Contains("Extended from 2 to 4 seeds after the test set was read.", extended.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("read once", extended.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("Extended", whole.Describe(), StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["study", "judgement-2-seeds.json"]));
        Assert.True(File.Exists(_folder["study", "selection-2-seeds.json"]));
        var record = Assert.Single(StudyFolder.Open(_folder["study"]).Study.Extensions);
        Assert.Equal((2, 4, true, true), (record.From, record.To, record.WasJudged, record.TestWasRead));

        // Asked again it is over, and only read; by its old seeds it is another study.
        Assert.Equal(extended.ToCsv(), first.Plan.Study.WithSeeds(4).Run(_folder["study"], source, extend: true).ToCsv());
        Assert.Single(StudyFolder.Open(_folder["study"]).Study.Extensions);
        Assert.Throws<DsdException>(() => first.Plan.Study.Run(_folder["study"], source));

        // In another folder it is one study of four seeds from the start.
        Assert.DoesNotContain("Extended", StudyFolder.Open(_folder["study"]).Study.Run(_folder["afresh"], new ToyTrials()).Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AnExtensionBeforeAnythingIsJudged_SaysSo()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => ToyTrials.Study(seeds: [1]).Run(_folder["study"], new ToyTrials(), (_, _, _) => stop.Cancel(), cancellation: stop.Token));

        var extended = ToyTrials.Study(seeds: [1, 2]).Run(_folder["study"], new ToyTrials(), extend: true);

        Assert.Contains("Extended from 1 to 2 seeds before it was judged.", extended.Describe(), StringComparison.Ordinal);
        Assert.Contains("on test, read once after all choices were made on validation", extended.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AnExtensionThatChangesTheSelection_TrainsAgainWhatHasNoWeights()
    {
        // With the seed that favours it alone, and then with all, another candidate is the best.
        var (study, others) = SelectionThatTurns();
        var first = study.Run(_folder["study"], new ToyTrials());

        var extended = study.WithSeeds(study.Seeds.Concat(others)).Run(_folder["study"], new ToyTrials(), extend: true);

        var whole = study.WithSeeds(study.Seeds.Concat(others)).Run(_folder["whole"], new ToyTrials());
        Assert.NotEqual(first.Arms[0].Selected!.Name, extended.Arms[0].Selected!.Name);
        Assert.Equal(whole.Arms, extended.Arms);
        Assert.Equal(study.Seeds.Count + others.Count, extended.Arms[0].Values.Count);
        Assert.Contains(Directory.EnumerateDirectories(_folder["study", "set-aside"]), d => Path.GetFileName(d).StartsWith(extended.Arms[0].Selected!.Name + "-seed-", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(_folder["study", "trials"], "*.safetensors", SearchOption.AllDirectories));
    }

    [Fact]
    public void Run_AnExtensionWhileOthersWork_IsRefused()
    {
        var study = ToyTrials.Study(seeds: [1]);
        var folder = StudyFolder.Create(_folder["study"], study);
        using var claim = Claim.TryMake(folder.Claims, "dsd-seed-1", 1, TimeSpan.FromSeconds(30));

        var error = Assert.Throws<DsdException>(() => study.WithSeeds(2).Run(_folder["study"], new ToyTrials(), extend: true));

        Assert.Contains("workers are still running. A study can be extended only while none is; stop them first.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnExtensionWhereAWorkerOfAnotherMachineWasKilled_ClearsItsClaimAndGoesOn()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], variants: [new("only", ToyTrials.Schedule(0.5))]);
        study.Run(_folder["study"], new ToyTrials());
        var claims = StudyFolder.Open(_folder["study"]).Claims;
        File.WriteAllText(Path.Combine(claims, "seed-1.1"), "elsewhere 1 2 x\n7\n\n");
        List<string> said = [];

        var (plan, _) = StudyOpening.Open(_folder["study"], study.WithSeeds(2), new ToyTrials(), extend: true, said.Add, TimeSpan.FromSeconds(1));

        Assert.Equal(2, plan.Study.Seeds.Count);
        Assert.Empty(Directory.EnumerateFiles(claims));
        Assert.Contains("1 block is claimed by workers of another machine; watching for 1 s", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnExtensionWhileAWorkerOfAnotherMachineBeats_IsRefused()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], variants: [new("only", ToyTrials.Schedule(0.5))]);
        study.Run(_folder["study"], new ToyTrials());
        var claim = Path.Combine(StudyFolder.Open(_folder["study"]).Claims, "seed-1.1");
        File.WriteAllText(claim, "elsewhere 1 2 x\n7\n\n");

        // The wait is announced before it starts; the worker renews its claim after that.
        var error = Assert.Throws<DsdException>(() => StudyOpening.Open(_folder["study"], study.WithSeeds(2), new ToyTrials(), extend: true, _ => File.WriteAllText(claim, "elsewhere 1 2 x\n8\n\n"), TimeSpan.FromMinutes(1)));

        Assert.Contains("workers are still running", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(claim));
    }

    [Fact]
    public void Work_AStudyThatWasExtendedMeanwhile_StopsBeforeItJudgesTheOldOne()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1]);
        var folder = StudyFolder.Create(_folder["study"], study);
        var worker = new StudyWorker(StudyPlan.Resolve(study, new ToyTrials()), folder, new ToyTrials(), null);
        folder.Rewrite(study.WithSeeds(2));

        Assert.Contains("was changed while it was running", Assert.Throws<DsdException>(() => worker.Work(CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gaps_ACandidateRateThatDiverged_IsNoneAndAnArmThatDivergedIs()
    {
        Schedule At(double rate) => new([new Phase("plain", Duration.Epochs(4), LearningRate.Constant(rate))]);
        var search = StudyArm.Own("search", At(0.01), At(1e30));
        var study = ToyTrials.Study([StudyArm.Dsd, search, StudyArm.Own("alone", At(2e30)), StudyArm.Own("hopeless", At(3e30), At(4e30))], [1], variants: [new("only", ToyTrials.Schedule(0.5))]);

        var results = study.Run(_folder["study"], new ToyTrials());

        Assert.Equal(["search-2", "alone", "hopeless-1", "hopeless-2"], results.Failures.Select(f => f.Trial.Treatment.Name));
        Assert.All(results.Failures, f => Assert.True(f.HasDiverged));
        Assert.Equal(["alone", "hopeless-1", "hopeless-2"], results.Gaps.Select(f => f.Trial.Treatment.Name));
    }

    /// <summary>A study of few seeds whose selection for the first arm is another with more seeds.</summary>
    private (Study Study, ValueList<long> Others) SelectionThatTurns()
    {
        var all = ToyTrials.Study([StudyArm.Dsd], Enumerable.Range(1, 8).Select(i => (long)i), Judgement.Validation).Run(_folder["look"], new ToyTrials());
        var arms = all.Plan.StudyGroups.Select(g => g.Arms[0].Candidates[0].Treatment).ToList();
        var values = all.Plan.Study.Seeds.ToDictionary(s => s, s => arms.Select(a => Value(a, s)).ToList());
        var best = Enumerable.Range(0, arms.Count).MaxBy(i => values.Values.Average(v => v[i]));
        var turns = values.Keys.Where(s => values[s][best] < values[s].Max()).ToList();
        Assert.NotEmpty(turns);
        return (ToyTrials.Study([StudyArm.Dsd], [turns[0]]), values.Keys.Where(s => s != turns[0]).ToValueList());

        double Value(Treatment treatment, long seed) =>
            all.Metric.In(all.Trials.Single(t => t.Trial.Treatment == treatment && t.Trial.Seed == seed).Record.Validation)!.Value;
    }

    private static List<(string Name, DateTimeOffset Time)> Times(StudyResults results) =>
        [.. results.Trials.Select(t => (t.Trial.Name, t.Record.Start!.Time)).OrderBy(t => t.Name, StringComparer.Ordinal)];
}
