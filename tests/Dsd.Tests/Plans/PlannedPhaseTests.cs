using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Tests.Plans;

public class PlannedPhaseTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(500, 1, 500)]
    [InlineData(501, 1, 251)]
    [InlineData(502, 1, 252)]
    [InlineData(100_000, 1, 501)]
    [InlineData(100_000, 200, 500)]
    [InlineData(32_000, 100, 320)]
    public void UnrecordedBefore_OfAllUpdates_LeavesTheFirstTheLastAndAtMostAFewHundred(long steps, long interval, int recorded)
    {
        var update = interval == 1 && steps == 1 ? MaskUpdate.Once : MaskUpdate.Every(interval, mayRegrow: true);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(steps), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), new MaskRule(update: update))]);
        var phase = Plan.Resolve(schedule, Shapes.LeNet5, 100).Phases[0];

        var unrecorded = Enumerable.Range(0, (int)phase.Updates).Select(u => phase.UnrecordedBefore(u)).ToList();

        Assert.Equal(0, unrecorded[0]);
        Assert.NotNull(unrecorded[^1]);
        Assert.Equal(recorded, unrecorded.Count(u => u is not null));
        var last = -1;
        for (var i = 0; i < unrecorded.Count; i++)
        {
            if (unrecorded[i] is { } before)
            {
                Assert.Equal(i - last - 1, before);
                last = i;
            }
        }
    }
}
