namespace Dsd.Testing.Tests;

/// <summary>Proof that the laws can fail: each broken rule or loop is caught by the law that should catch it.</summary>
public sealed class BrokenRuleTests
{
    public static TheoryData<string> Faults => [.. BrokenRules.All.Select(b => b.Fault)];

    [Theory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(Faults))]
    public void Check_SomethingBroken_IsCaughtByTheLawNamed(string fault)
    {
        var broken = BrokenRules.All.Single(b => b.Fault == fault);
        var caught = broken.Caught();
        Assert.True(broken.Law == caught.Law, caught.Message);
        Assert.Contains("on: new ", caught.Code, StringComparison.Ordinal);
        Assert.Contains("on = ", caught.CodeFSharp, StringComparison.Ordinal);
    }
}
