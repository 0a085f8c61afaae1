using Dsd.Studies;

namespace Dsd.Tests.Studies;

public class StudyTimingTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    public void ExpectedSeconds_OfSeedsAtOnce_TimesThemAtOnce(int count, bool expected)
    {
        var areAtOnce = false;
        var source = StackableTrials.Source(losses: _ => areAtOnce = true);
        var plan = StudyPlan.Resolve(StackableTrials.Study(source), source);

        Assert.InRange(StudyTiming.ExpectedSeconds(plan, source, [new(source.Config, count, null)]), double.Epsilon, 600);
        Assert.Equal(expected, areAtOnce);
    }
}
