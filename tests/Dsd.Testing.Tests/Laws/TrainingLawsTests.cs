namespace Dsd.Testing.Tests;

/// <summary>The laws of training are put to the test by the cases that are generated; LawTests of Dsd holds sessions to them.</summary>
public sealed class TrainingLawsTests
{
    [Fact]
    [Trait("Tier", "slow")]
    public void Check_ASession_PutsEveryLawToTheTest() =>
        Assert.All(TrainingLaws.CheckSession(new(LawCases.Count(150), seed: 2)).Laws, law => Assert.True(law.Cases > 0, $"{law}"));
}
