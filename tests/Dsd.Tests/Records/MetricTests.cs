using System.Text.Json;
using Dsd.Records;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Records;

public class MetricTests
{
    public static TheoryData<Metric, string, string, string> Shown { get; } = new()
    {
        { Metric.Accuracy, "91.75 %", "+91.75", "points of accuracy" },
        { Metric.Accuracy.WithName("accuracy, ten crops"), "91.75 %", "+91.75", "points of accuracy, ten crops" },
        { Metric.Loss, "0.9175", "+0.9175", "loss" },
        { new("PSNR", MetricGoal.Higher, unit: "dB", decimals: 1), "0.9 dB", "+0.9", "dB of PSNR" },
        { new("F1", MetricGoal.Higher, MetricScale.Percent, decimals: 0), "92 %", "+92", "points of F1" },
    };

    [Theory]
    [MemberData(nameof(Shown))]
    public void Show_AValue_GoesByTheDeclaration(Metric metric, string value, string difference, string unit)
    {
        Assert.Equal((value, difference, unit), (metric.Show(0.9175), metric.ShowDifference(0.9175), metric.DifferenceUnit));
        Assert.Equal(("–", "–", "–"), (metric.Show(null), metric.ShowDifference(null), metric.ShowSize(null)));
        Assert.Equal('−' + difference[1..], metric.ShowDifference(-0.9175));
    }

    [Theory]
    [InlineData("R²")]
    [InlineData("F1")]
    [InlineData("AUC")]
    [InlineData("mAP")]
    [InlineData("PSNR")]
    [InlineData("balanced accuracy")]
    [InlineData("error")]
    public void Verdict_AnyName_GoesByTheGoalAlone(string name)
    {
        Assert.Equal(("better", "worse"), (new Metric(name, MetricGoal.Higher).Verdict(0.1), new Metric(name, MetricGoal.Higher).Verdict(-0.1)));
        Assert.Equal(("worse", "better"), (new Metric(name, MetricGoal.Lower).Verdict(0.1), new Metric(name, MetricGoal.Lower).Verdict(-0.1)));
    }

    [Fact]
    public void Create_WithoutAGoalOrWithSomethingElseWrong_IsRefused()
    {
        Assert.Contains("must declare its goal", Assert.Throws<ArgumentOutOfRangeException>(() => new Metric("R²", MetricGoal.Undeclared)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Metric("R²", (MetricGoal)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Metric("R²", MetricGoal.Higher, (MetricScale)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Metric("R²", MetricGoal.Higher, decimals: 13));
        Assert.Throws<ArgumentException>(() => new Metric(" ", MetricGoal.Higher));
        Assert.Throws<ArgumentException>(() => new Metric("R²", MetricGoal.Higher, MetricScale.Percent, "dB"));
        Assert.Throws<ArgumentException>(() => Metric.Accuracy.WithName(""));
    }

    [Fact]
    public void Of_OutcomesThatAreNotTheValues_IsRefused()
    {
        var outcomes = new ExampleOutcomes([1, 0, 1, 1]);
        Assert.Equal(4, Metric.Accuracy.Of(0.75, outcomes: outcomes).Examples);
        Assert.Contains("mean of its outcomes", Assert.Throws<ArgumentException>(() => Metric.Accuracy.Of(0.5, outcomes: outcomes)).Message);
        Assert.Contains("has 4 outcomes", Assert.Throws<ArgumentException>(() => Metric.Accuracy.Of(0.75, 5, outcomes)).Message);
        Assert.Contains("mean over examples", Assert.Throws<ArgumentException>(() => new Metric("F1", MetricGoal.Higher).Of(0.75, 4, outcomes)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Metric.Accuracy.Of(0.75, 0));
        Assert.Throws<ArgumentException>(() => new ExampleOutcomes([]));
        Assert.Throws<ArgumentException>(() => new ExampleOutcomes([1, 2], [0, 0]));
        Assert.Throws<ArgumentException>(() => new ExampleOutcomes([1, 2], [1, -1]));
        Assert.Throws<ArgumentException>(() => new ExampleOutcomes([1, 2], [1]));
        Assert.Equal(1.75, new ExampleOutcomes([1, 2], [1, 3]).Mean);
    }

    [Fact]
    public void ToLine_AnyDeclarationAndOutcomes_AreReadBackEqual()
    {
        foreach (var value in new[]
        {
            Metric.Accuracy.Of(0.75, outcomes: new([1, 0, 1, 1])),
            Metric.Loss.Of(double.NaN, 2, new([float.NaN, 1])),
            new Metric("CER", MetricGoal.Lower, MetricScale.Percent, decimals: 3, isMeanOverExamples: true).Of(0.5, outcomes: new([0.25f, 0.75f], [3, 3])),
            new Metric("PSNR", MetricGoal.Higher, unit: "dB").Of(31.5),
            Metric.OfOldFile("R²").Of(0.5),
        })
        {
            var happened = new Evaluated(3, DataSplit.Test, [value]);
            Assert.Equal(happened, EventLog.FromLine(EventLog.ToLine(happened)));
        }
    }

    [Property]
    public void ToLine_RandomOutcomes_AreReadBackBitForBit(float[] outcomes)
    {
        if (outcomes.Length > 0)
        {
            var packed = ExampleOutcomes.Pack([.. outcomes]);
            Assert.Equal(outcomes.Select(BitConverter.SingleToUInt32Bits), ExampleOutcomes.Unpack(packed, outcomes.Length).Select(BitConverter.SingleToUInt32Bits));
            Assert.Throws<FormatException>(() => ExampleOutcomes.Unpack(packed, outcomes.Length + 1));
            Assert.True(outcomes.Length == 1 || Assert.Throws<FormatException>(() => ExampleOutcomes.Unpack(packed, outcomes.Length - 1)) is not null);
        }
    }

    [Theory]
    [InlineData("accuracy", MetricGoal.Higher, true)]
    [InlineData("top-5 accuracy, ten crops", MetricGoal.Higher, true)]
    [InlineData("BLEU-4", MetricGoal.Higher, true)]
    [InlineData("CER", MetricGoal.Lower, true)]
    [InlineData("WER, beam 16 with 5-grams", MetricGoal.Lower, true)]
    [InlineData("bits per character", MetricGoal.Lower, false)]
    [InlineData("perplexity", MetricGoal.Lower, false)]
    [InlineData("loss", MetricGoal.Lower, false)]
    [InlineData("R²", MetricGoal.Undeclared, false)]
    [InlineData("balanced accuracy", MetricGoal.Undeclared, false)]
    [InlineData("lossless", MetricGoal.Undeclared, false)]
    public void FromLine_OfARecordThatGivesANameOnly_IsDeclaredWhereItWasOursAndElseNotGuessed(string name, MetricGoal goal, bool isPercent)
    {
        var line = $$"""{"event":"evaluated","step":3,"split":"test","metrics":[{"name":"{{name}}","value":0.5}]}""";
        var metric = ((Evaluated)EventLog.FromLine(line)).Metrics[0].Metric;
        Assert.Equal((name, goal, isPercent), (metric.Name, metric.Goal, metric.IsPercent));
        Assert.Equal(goal == MetricGoal.Undeclared ? "higher" : goal == MetricGoal.Higher ? "better" : "worse", metric.Verdict(1));
    }

    [Theory]
    [InlineData("""{"name":"","value":1}""")]
    [InlineData("""{"name":"x","value":1,"goal":"sideways"}""")]
    [InlineData("""{"name":"x","value":1,"more":2}""")]
    [InlineData("""{"name":"loss","value":1,"examples":-1}""")]
    [InlineData("""{"name":"loss","value":1,"examples":2,"outcomes":"!"}""")]
    [InlineData("""{"name":"loss","value":1,"examples":2,"outcomes":"AAAA"}""")]
    [InlineData("""{"name":"loss","value":1,"examples":999999999999,"outcomes":"AAAA"}""")]
    [InlineData("""{"name":"loss","value":1,"weights":"AAAA"}""")]
    [InlineData("null")]
    public void FromLine_AMetricThatMakesNoSense_IsNoEvent(string metric) => Assert.ThrowsAny<JsonException>(
        () => EventLog.FromLine($$"""{"event":"evaluated","step":3,"split":"test","metrics":[{{metric}}]}"""));
}
