namespace Dsd.Examples.Tests;

/// <summary>Small runs of the paper's networks: which of them are invalid.</summary>
public class PaperRunTests
{
    private const string Declared = """{"name": "CER", "goal": "lower", "scale": "percent", "unit": "", "meanOverExamples": true}""";

    [Theory]
    [InlineData("0.54", "0.20", "dsd", false)]
    [InlineData("0.54", "0.2331", "dsd", false)]
    [InlineData("0.2331", "0.54", "control", false)]
    [InlineData("0.54", "\"NaN\"", "dsd", false)]
    [InlineData("0.54", "0.24", "", false)]
    [InlineData("0.54", "0.50", "", true)]
    public void Collapsed_HasTheArmsThatEndNoBetterThanTheWeakestRule(string control, string dsd, string collapsed, bool beatsAll)
    {
        var run = PaperRun.Parse($$$"""
            {"data": "emoji", "seconds": 60,
             "arms": [{"name": "dsd", "test": {"accuracy": {{{dsd}}}}}, {"name": "control", "test": {"accuracy": {{{control}}}}}],
             "baselines": [{"name": "nearest neighbour", "test": {"accuracy": 0.4939}}, {"name": "majority class", "test": {"accuracy": 0.2331}}]}
            """);
        Assert.Equal(collapsed, string.Join(",", run.Collapsed));
        Assert.Equal(beatsAll, run.BeatsAllBaselines);
    }

    [Theory]
    [InlineData("0.50", "")]
    [InlineData("1.00", "dsd")]
    [InlineData("1.30", "dsd")]
    public void Collapsed_WhereLowerIsBetter_GoesByTheDeclaredGoal(string dsd, string collapsed)
    {
        var run = PaperRun.Parse($$$"""
            {"data": "fillets-cs", "seconds": 60, "metrics": [{{{Declared}}}],
             "arms": [{"name": "dsd", "test": {"CER": {{{dsd}}}}}, {"name": "control", "test": {"CER": 0.49}}],
             "baselines": [{"name": "empty transcript", "test": {"CER": 1}}, {"name": "most frequent transcript", "test": {"CER": 0.94}}]}
            """);
        Assert.Equal(collapsed, string.Join(",", run.Collapsed));
    }
}
