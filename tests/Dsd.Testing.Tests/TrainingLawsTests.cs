using Dsd.Schedules;

namespace Dsd.Testing.Tests;

/// <summary>The laws of training hold for sessions, over all axes.</summary>
public sealed class TrainingLawsTests
{
    [Fact]
    public void Check_ASession_EveryLawHoldsAndIsPutToTheTest()
    {
        var report = TrainingLaws.Check(LawCases.Options(150));
        Assert.All(report.Laws, law => Assert.True(law.Cases > 0 || law.Law == TrainingLaws.Rewound, $"{law} of {report}"));
    }
}
