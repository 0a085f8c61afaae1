using Dsd.Records;

namespace Dsd.Tests.Records;

public class MainMetricTests
{
    [Theory]
    [InlineData("accuracy", true, false, "91.75 %", "+91.75", "points of accuracy")]
    [InlineData("top-5 accuracy", true, false, "91.75 %", "+91.75", "points of top-5 accuracy")]
    [InlineData("accuracy, ten crops", true, false, "91.75 %", "+91.75", "points of accuracy, ten crops")]
    [InlineData("balanced accuracy", false, false, "0.9175", "+0.9175", "balanced accuracy")]
    [InlineData("BLEU-4", true, false, "91.75 %", "+91.75", "points of BLEU-4")]
    [InlineData("CER", true, true, "91.75 %", "+91.75", "points of CER")]
    [InlineData("WER, beam", true, true, "91.75 %", "+91.75", "points of WER, beam")]
    [InlineData("CERTAINTY", false, true, "0.9175", "+0.9175", "CERTAINTY")]
    [InlineData("bits per character", false, true, "0.9175", "+0.9175", "bits per character")]
    [InlineData("loss", false, true, "0.9175", "+0.9175", "loss")]
    [InlineData("word error rate", false, true, "0.9175", "+0.9175", "word error rate")]
    public void Metric_ByItsName_KnowsHowItIsShownAndWhatIsBetter(
        string name, bool isFraction, bool lowerIsBetter, string shown, string difference, string unit)
    {
        var metric = new MainMetric(name);
        Assert.Equal((isFraction, lowerIsBetter), (metric.IsFraction, metric.LowerIsBetter));
        Assert.Equal((shown, difference, unit), (metric.Show(0.9175), metric.ShowDifference(0.9175), metric.DifferenceUnit));
    }
}
