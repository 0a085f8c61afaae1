using System.Diagnostics;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Tests.Studies;

namespace Dsd.Tests.Records;

/// <summary>Who works at what: one at a time, and nobody for ever.</summary>
public sealed class ClaimTests : IDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(20);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TryMake_ByManyAtOnce_GivesItToOne()
    {
        for (var round = 0; round < 20; round++)
        {
            var name = $"block-{round}";
            var made = new Claim?[8];
            Parallel.For(0, made.Length, i => made[i] = Claim.TryMake(_folder.Root, name, 1, s_beat));

            using var only = Assert.Single(made.OfType<Claim>());
        }
    }

    [Fact]
    public void Dispose_GivesTheClaimBack()
    {
        Claim.TryMake(_folder.Root, "block", 1, s_beat)!.Dispose();

        Assert.Null(Claim.Find(_folder.Root, "block"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Beat_ChangesWhatTheFileSaysAndCarriesTheProgress()
    {
        using var claim = Claim.TryMake(_folder.Root, "block", 1, s_beat)!;
        claim.Report("3 10 trial");
        var before = Claim.Find(_folder.Root, "block")!.Value.Content;

        WaitUntil(() => Claim.Find(_folder.Root, "block")!.Value.Content != before);

        WaitUntil(() => Claim.ProgressIn(Claim.Find(_folder.Root, "block")!.Value.Content) == "3 10 trial");
    }

    [Fact]
    public void TakenOver_TheFirstHolderLosesItAndDoesNotTakeItBack()
    {
        using var first = Claim.TryMake(_folder.Root, "block", 1, s_beat)!;
        using var second = Claim.TryMake(_folder.Root, "block", 2, s_beat)!;

        WaitUntil(() => first.IsLost);
        first.Dispose();

        Assert.False(second.IsLost);
        Assert.Equal(2, Claim.Find(_folder.Root, "block")!.Value.Generation);
    }

    [Fact]
    public void IsOfTheDead_IsTrueOfAProcessOfThisMachineThatIsNoMore()
    {
        using var claim = Claim.TryMake(_folder.Root, "block", 1, TimeSpan.FromHours(1))!;
        var own = Claim.Find(_folder.Root, "block")!.Value.Content;
        var parts = own.Split(' ');

        Assert.False(Claim.IsOfTheDead(own));
        Assert.True(Claim.IsOfTheDead(string.Join(' ', [parts[0], "2147483646", .. parts[2..]])));
        Assert.True(Claim.IsOfTheDead(string.Join(' ', [parts[0], parts[1], "1", .. parts[3..]])));
        Assert.False(Claim.IsOfTheDead(string.Join(' ', ["elsewhere", "2147483646", .. parts[2..]])));
        Assert.False(Claim.IsOfTheDead(""));
        Assert.False(Claim.IsOfTheDead("half"));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Work_AClaimThatStandsStill_IsTakenOverByTheWatchersOwnClock()
    {
        // As from another machine whose clock is a day ahead, and whose process has stopped.
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], Judgement.Validation);
        var source = new ToyTrials();
        var plan = StudyPlan.Resolve(study, source);
        var folder = StudyFolder.Create(_folder["study"], study);
        var stale = Path.Combine(folder.Claims, $"{plan.TrialBlocks[0].Name}.1");
        File.WriteAllText(stale, "elsewhere 1 1 x\n5\n\n");
        File.SetLastWriteTimeUtc(stale, DateTime.UtcNow.AddDays(1));
        var clock = Stopwatch.StartNew();

        new StudyWorker(plan, folder, source, null, s_beat, TimeSpan.FromSeconds(1)).Work(CancellationToken.None);

        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(1));
        Assert.True(folder.IsOver(plan));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Claims));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Work_ABlockThatIsTakenOverMeanwhile_IsLeftToTheOther()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1], Judgement.Validation, [new("only", ToyTrials.Schedule(0.5))]);
        var plan = StudyPlan.Resolve(study, new ToyTrials());
        var folder = StudyFolder.Create(_folder["study"], study);
        Claim? thief = null;
        var steps = 0;
        using var stop = new CancellationTokenSource();
        var worker = new StudyWorker(
            plan,
            folder,
            new ToyTrials(),
            (_, _, _) =>
            {
                if (++steps == 3)
                {
                    thief = Claim.TryMake(folder.Claims, plan.TrialBlocks[0].Name, 2, s_beat);
                }

                Thread.Sleep(thief is null ? 0 : 100);
            },
            s_beat,
            TimeSpan.FromMinutes(5));
        stop.CancelAfter(TimeSpan.FromSeconds(5));

        Assert.Throws<OperationCanceledException>(() => worker.Work(stop.Token));

        Assert.NotNull(thief);
        // Of 30 steps of the block.
        Assert.InRange(steps, 3, 25);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder.Path, "trials")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder.Path, "work")));
        thief.Dispose();
    }

    [Fact]
    public void Beat_TheFolderIsDeleted_IsNoLoss()
    {
        Directory.CreateDirectory(_folder["claims"]);
        using var claim = Claim.TryMake(_folder["claims"], "c", 1, s_beat)!;
        Directory.Delete(_folder["claims"], recursive: true);

        Thread.Sleep(10 * s_beat);
        Assert.False(claim.CheckLost());
    }

    [Fact]
    public void Restore_OfADeletedFolder_KeepsTheClaim()
    {
        Directory.CreateDirectory(_folder["run"]);
        using var claim = Claim.TryMake(_folder["run"], "running", 1, TimeSpan.FromHours(1))!;
        Directory.Delete(_folder["run"], recursive: true);

        claim.Restore();

        Assert.False(claim.CheckLost());
        Assert.NotNull(Claim.Find(_folder["run"], "running"));

        // A folder that somebody else made again is another's.
        Directory.Delete(_folder["run"], recursive: true);
        Directory.CreateDirectory(_folder["run"]);
        claim.Restore();
        Assert.True(claim.CheckLost());
    }

    private static void WaitUntil(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "it did not happen");
            Thread.Sleep(5);
        }
    }
}
