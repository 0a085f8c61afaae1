using System.Runtime.InteropServices;
using Dsd.Studies;
using TorchSharp;

namespace Dsd.Tests.Studies;

public class StudyTimingTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void Expected_OfSeedsAtOnce_TimesThemAtOnce(int count, bool expected)
    {
        var areAtOnce = false;
        var source = StackableTrials.Source(losses: _ => areAtOnce = true);

        var (seconds, seeds) = Expected(source, count);

        Assert.InRange(seconds, double.Epsilon, 600);
        Assert.Equal(count, Assert.Single(seeds!).Count);
        Assert.Equal(expected, areAtOnce);
    }

    [Fact]
    public void Expected_MemoryThatIsFullWithSeedsAtOnce_IsOfFewer()
    {
        var calls = 0;
        var source = StackableTrials.Source(losses: _ => _ = calls++ == 0 ? throw new LibTorchException("CUDA out of memory. Tried to allocate 2.00 MiB.") : 0);

        Assert.Equal(
            "Seeds are trained one after another: points: step 0 of 3 seeds at once failed: CUDA out of memory. Tried to allocate 2.00 MiB.",
            Assert.Single(Expected(source, 3).Seeds!).ToString());
    }

    [Fact]
    public void Expected_ASeedThatFailsAmongOthers_IsOfOneAlone()
    {
        // Not finite from the first step on, of the second seed alone.
        var source = StackableTrials.Source(inputs: (seed, _, batch) => seed == 2 ? batch.mul((Scalar)float.NaN) : batch);

        var (seconds, seeds) = Expected(source, 3);

        Assert.InRange(seconds, double.Epsilon, 600);
        Assert.Equal(1, Assert.Single(seeds!).Count);
    }

    [Fact]
    public void Together_BlocksOfATreatment_AreDividedByTheNumberAtOnce()
    {
        var source = StackableTrials.Source();
        var plan = StudyPlan.Resolve(StackableTrials.Study(source, seeds: 5), source);
        var treatments = plan.TrialBlocks.Count / 5;

        Assert.All(SeedsPreview.Together(plan, null), t => Assert.Single(t));
        Assert.Equal(Enumerable.Repeat(new[] { 2, 2, 1 }, treatments).SelectMany(n => n), SeedsPreview.Together(plan, [new(source.Config, 2, null)]).Select(t => t.Length));
    }

    private static (double Seconds, IReadOnlyList<SeedsPreview>? Seeds) Expected(StudySource source, int count) =>
        StudyTiming.Expected(StudyPlan.Resolve(StackableTrials.Study(source), source), source, [new(source.Config, count, null)]);

    private sealed class LibTorchException(string message) : ExternalException(message);
}
