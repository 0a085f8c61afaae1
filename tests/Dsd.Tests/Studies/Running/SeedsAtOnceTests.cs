using Dsd.Studies;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>How many seeds are trained at once, and what is said and recorded of it.</summary>
public class SeedsAtOnceTests
{
    [Theory]
    [InlineData(null, 5, 1)]
    [InlineData(0, 5, 1)]
    [InlineData(1, 5, 1)]
    [InlineData(3, 5, 3)]
    [InlineData(8, 5, 5)]
    [InlineData(8, 1, 1)]
    public void Of_OnTheCpu_IsTheNumberThatIsGivenAndElseOne(int? wanted, int free, int expected) => Assert.Equal((expected, null), Of(wanted, free));

    [Fact]
    public void Of_AnObstacle_IsOneWithTheReason()
    {
        Assert.Equal((1, "stackable: layer 'drop'"), Of(3, 5, "layer 'drop'"));
        Assert.Equal((1, null), Of(null, 5, "layer 'drop'"));
    }

    [Fact]
    public void Preview_OfAStudy_OpensOneNetworkOfEachConfig()
    {
        var source = StackableTrials.Source();
        var plan = StudyPlan.Resolve(StackableTrials.Study(source), source);

        Assert.Equal(["3 seeds are trained at once."], new SeedsAtOnce(4).Preview(plan, source).Select(p => p.ToString()));
        Assert.Equal(["Seeds are trained one after another."], new SeedsAtOnce(null).Preview(plan, source).Select(p => p.ToString()));
        source = StackableTrials.Source("layer 'drop'");
        Assert.Equal(["Seeds are trained one after another: stackable: layer 'drop'."], new SeedsAtOnce(4).Preview(StudyPlan.Resolve(StackableTrials.Study(source), source), source).Select(p => p.ToString()));
    }

    [Fact]
    public void Described_ComputationsOfOthersAtOnce_AreThoseOfTheSeedAloneBesides()
    {
        Assert.Equal("fp32; at once with 1 other seed", SeedsAtOnce.Described("fp32", 1));
        Assert.Equal("fp32; at once with 7 other seeds", SeedsAtOnce.Described("fp32", 7));
        foreach (var others in new[] { 0, 1, 7 })
        {
            Assert.Equal("fp32; x", SeedsAtOnce.Alone(SeedsAtOnce.Described("fp32; x", others)));
            Assert.Null(SeedsAtOnce.Resumed(SeedsAtOnce.Described("fp32; x", others), others));
        }

        Assert.StartsWith("The run began at once with 7 other seeds and continues alone;", SeedsAtOnce.Resumed("fp32; at once with 7 other seeds", 0)![0], StringComparison.Ordinal);
        Assert.StartsWith("The run began alone and continues at once with 1 other seed;", SeedsAtOnce.Resumed("fp32", 1)![0], StringComparison.Ordinal);
    }

    private static (int, string?) Of(int? wanted, int free, string? obstacle = null)
    {
        using var scope = NewDisposeScope();
        var source = StackableTrials.Source(obstacle);
        var (network, task) = source.Open(source.Config, 1);
        return new SeedsAtOnce(wanted).Of(network, task, new TrainerSettings(1), free);
    }
}
