using Dsd.Schedules;

namespace Dsd.Testing.Tests;

public sealed class PatternLawsTests
{
    public static TheoryData<string> UnitPatterns => [.. s_unitPatterns.Keys];

    private static readonly Dictionary<string, MaskPattern> s_unitPatterns = Enum.GetValues<UnitNorm>().SelectMany(norm => new[]
    {
        MaskPattern.Row(norm), MaskPattern.Column(norm), MaskPattern.Channel(norm), MaskPattern.Block(1, 2, norm), MaskPattern.Block(2, 2, norm, pad: true), MaskPattern.Block(3, 5, norm, pad: true),
    }).ToDictionary(p => p.ToString());

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 4, 1)]
    [InlineData(3, 4, 0)]
    [InlineData(1, 3, 2)]
    public void Check_NOfM_HoldsEveryLaw(int keep, int of, int axis)
    {
        Assert.Contains("✓ neighbours on the axis", PatternLaws.Check(MaskPattern.NOfM(keep, of, axis), new(LawCases.Count(60))).ToString(), StringComparison.Ordinal);
        var own = PatternLaws.Check(PatternOf.Neighbours(keep, of, axis), MaskPattern.NOfM(keep, of, axis), new(LawCases.Count(60)));
        Assert.All(own.Laws.Where(l => l.Law is not (PatternLaws.Units or PatternLaws.RandomUnits)), law => Assert.True(law.Cases > 10, $"{law}"));
    }

    [Theory]
    [MemberData(nameof(UnitPatterns))]
    public void Check_UnitPatterns_HoldEveryLaw(string pattern) => Assert.All(
        PatternLaws.Check(s_unitPatterns[pattern], new(LawCases.Count(40))).Laws.Where(l => l.Law is PatternLaws.Satisfied or PatternLaws.Keep or PatternLaws.Units or PatternLaws.RandomUnits),
        law => Assert.True(law.Cases > 5, $"{law}"));
}
