using Dsd.Schedules;

namespace Dsd.Testing.Tests;

public sealed class DistributionLawsTests
{
    [Fact]
    public void Check_BuiltInDistributions_HoldEveryLaw() => Assert.All(
        [SparsityDistribution.Uniform, SparsityDistribution.Erk, SparsityDistribution.Er],
        distribution => Assert.All(DistributionLaws.Check(distribution, options: new(LawCases.Count(100))).Laws, law => Assert.True(law.Cases > 50, $"{distribution}: {law}")));

    [Fact]
    public void Check_AGlobalRanking_IsRefused() => Assert.Throws<ArgumentException>(() => DistributionLaws.Check(SparsityDistribution.Global));
}
