using System.Runtime;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

public sealed class CollectionPauseTests
{
    [Fact]
    public void BetweenSteps_WhileHeld_PutsCollectionsOffAndCatchesUpByTheBudget()
    {
        var mode = GCSettings.LatencyMode;
        using (var pause = new CollectionPause())
        {
            pause.BetweenSteps();
            Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
            var before = GC.CollectionCount(0);
            Allocate(8);
            pause.BetweenSteps();
            Assert.Equal(before, GC.CollectionCount(0));
            Allocate(12);
            pause.BetweenSteps();
            Assert.True(GC.CollectionCount(0) > before);
            Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
        }

        Assert.Equal(mode, GCSettings.LatencyMode);
    }

    [Fact]
    public void BetweenSteps_BudgetWasExceeded_StartsAnew()
    {
        using var pause = new CollectionPause();
        pause.BetweenSteps();
        Allocate(80);
        GC.Collect();
        pause.BetweenSteps();
        Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
    }

    [Fact]
    public void BetweenSteps_SomebodyElseHoldsOne_LeavesItAlone()
    {
        using var first = new CollectionPause();
        first.BetweenSteps();
        using (var second = new CollectionPause())
        {
            second.BetweenSteps();
        }

        Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
    }

    private static void Allocate(int megabytes)
    {
        for (var i = 0; i < megabytes * 100; i++)
        {
            GC.KeepAlive(new byte[10_000]);
        }
    }
}
