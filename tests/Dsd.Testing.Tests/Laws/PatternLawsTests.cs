using Dsd.Schedules;

namespace Dsd.Testing.Tests;

public sealed class PatternLawsTests
{
    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 4, 1)]
    [InlineData(3, 4, 0)]
    [InlineData(1, 3, 2)]
    public void Check_NOfM_HoldsEveryLaw(int keep, int of, int axis)
    {
        Assert.Contains("✓ neighbours on the axis", PatternLaws.Check(MaskPattern.NOfM(keep, of, axis), new(LawCases.Count(60))).ToString(), StringComparison.Ordinal);
        var own = PatternLaws.Check(PatternOf.Neighbours(keep, of, axis), MaskPattern.NOfM(keep, of, axis), new(LawCases.Count(60)));
        Assert.All(own.Laws, law => Assert.True(law.Cases > 10, $"{law}"));
    }
}
