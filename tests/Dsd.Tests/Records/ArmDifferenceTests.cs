using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Records;

/// <summary>What one seed's difference on test says, and that its interval is over examples.</summary>
public class ArmDifferenceTests
{
    private const string Seed = "It covers examples, not seeds: repeat with others before believing it.";

    private static readonly Metric s_bits = new("bits per character", MetricGoal.Lower, isMeanOverExamples: true);

    [Fact]
    public void Differences_BothArmsRightOnAllTwelve_HaveAnIntervalThatIsRightAtTheEdge()
    {
        var ones = Enumerable.Repeat(1f, 12).ToArray();

        var d = Single(Metric.Accuracy, ones, ones);

        Assert.Equal(0, d.Value);
        Assert.Equal(0.2425, d.Interval!.Value.High, 5e-5);
        Assert.Equal($"dsd − control: 0.00 points of accuracy on test; higher is better. 95 % interval over 12 test examples: −24.25 to +24.25 (Newcombe's method). No example is right in one arm alone. {Seed}", d.ToString());
    }

    [Fact]
    public void Differences_OfAnAccuracy_AreNewcombesAndMcNemars()
    {
        // 36 both, 12 the first alone, 2 the second alone: Newcombe's own example.
        var d = Single(Metric.Accuracy, [.. Ones(48), .. Zeros(2)], [.. Ones(36), .. Zeros(12), .. Ones(2)]);

        Assert.Equal(new PairedProportions(36, 12, 2, 0), d.Proportions);
        Assert.Equal(50, d.Examples);
        Assert.Equal($"dsd − control: +20.00 points of accuracy on test; higher is better. 95 % interval over 50 test examples: +5.69 to +34.04 (Newcombe's method). Right in one arm alone: dsd 12, control 2 (McNemar's exact test, p 0.013). {Seed}", d.ToString());
    }

    [Fact]
    public void Differences_OfAnErrorRate_CountWhatIsWrong() => Assert.Contains(
        "Wrong in one arm alone: dsd 2, control 1 (",
        Single(new Metric("error", MetricGoal.Lower, MetricScale.Percent, isMeanOverExamples: true), [1, 1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]).ToString(),
        StringComparison.Ordinal);

    [Fact]
    public void Differences_OfOtherMeans_AreBootstraps()
    {
        float[] a = [1.5f, 2, 1, 0.5f, 3, 2, 1, 1.25f];
        float[] b = [1, 2.5f, 1.5f, 0.75f, 2, 2, 1.5f, 1.5f];
        float[] weights = [10, 20, 5, 8, 12, 30, 7, 9];

        var d = Single(s_bits, a, b, weights);

        Assert.Null(d.Proportions);
        Assert.Equal(PairedBootstrap.OverExamples([.. a], [.. b], [.. weights]), d.Interval);
        Assert.Matches(@"^dsd − control: [+−]0\.\d{4} bits per character on test; lower is better\. 95 % interval over 8 test examples: [+−]0\.\d{4} to [+−]0\.\d{4} \(bootstrap\)\. It covers examples, not seeds", d.ToString());
    }

    [Fact]
    public void Differences_WithoutComparableOutcomes_SayWhyThereIsNoInterval()
    {
        float[] some = [0.5f, 1, 0.25f, 2, 1, 0.75f];
        Refused("their outcomes were not recorded", Metric.Accuracy.Of(0.5), Metric.Accuracy.Of(0.25));
        Refused("their outcomes were not recorded", Value(s_bits, some), s_bits.Of(0.5));
        Refused("BLEU-4 is not a mean over examples", new Metric("BLEU-4", MetricGoal.Higher, MetricScale.Percent).Of(0.5), new Metric("BLEU-4", MetricGoal.Higher, MetricScale.Percent).Of(0.25));
        Refused("the arms were not measured on the same examples", Value(s_bits, some), Value(s_bits, some[..5]));
        Refused("the arms were not measured on the same examples", Value(s_bits, some), Value(s_bits, some, [1, 1, 1, 1, 1, 2]));
        Refused("fewer than 6 test examples", Value(s_bits, [1, 2, 3]), Value(s_bits, [1, 2, 2]));
        Refused("the arms differ equally on every example", Value(s_bits, some), Value(s_bits, some));
        Refused("outcomes are kept of at most 4,194,304 examples, and there are 4,194,305", s_bits.Of(0.5, 4_194_305), s_bits.Of(0.25, 4_194_305));
        Refused("the outcome of an example is not a number", Value(s_bits, some, [0, 1, 1, 1, 1, 1]), s_bits.Of(1, 6, new ExampleOutcomes([float.NaN, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1])));

        static void Refused(string why, MetricValue a, MetricValue b)
        {
            var d = Assert.Single(Of(("dsd", a), ("control", b)).Differences());
            Assert.Null(d.Interval);
            Assert.Equal(why, d.WithoutInterval);
            Assert.EndsWith($"No interval over examples: {why}. It is one seed: repeat with others before believing it.", d.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Differences_OfArmsThatLeftOutOtherExamples_HaveNoInterval()
    {
        var ones = Value(Metric.Accuracy, Ones(20));
        var arms = new[] { "a.png", "b.png", "b.png" }.Select((name, i) => RunRecord.Fold(
        [
            new RunStarted($"arm {i}", Studies.ToyTrials.Schedule(0.5), "", Dsd.Plans.ModelShape.Empty, "", 1, "", "", null, 1, "cpu", 1, "", "", default),
            new Evaluated(1, DataSplit.Test, [ones], [new DataProblem(DataProblemKind.LeftOut, DataSplit.Test, "broken images", 1, [name])]),
        ])).ToValueList();

        var differences = new Comparison(arms).Differences().ToList();

        Assert.Equal(["the arms were not measured on the same examples", null], differences.Select(d => d.WithoutInterval));
    }

    [Fact]
    public void Differences_OfSeveralArms_AreFromTheLastAndLeaveOutWhatWasNotMeasured()
    {
        var comparison = Of(("dsd", Metric.Accuracy.Of(0.75)), ("failed", null), ("wild", Metric.Accuracy.Of(double.NaN)), ("plain", Metric.Accuracy.Of(0.5)), ("control", Metric.Accuracy.Of(0.5)));

        Assert.Equal([("dsd", 0.25), ("plain", 0)], comparison.Differences().Select(d => (d.First, d.Value)));
        Assert.All(comparison.Differences(), d => Assert.Equal("control", d.Other));
        Assert.DoesNotContain("NaN to", comparison.Describe(), StringComparison.Ordinal);
        Assert.Empty(Of(("dsd", Metric.Accuracy.Of(0.75))).Differences());
        Assert.Empty(Of(("dsd", Metric.Accuracy.Of(0.75)), ("control", null)).Differences());
        Assert.Empty(new Comparison([]).Differences());
    }

    [Theory]
    [InlineData("en-GB")]
    [InlineData(Cultures.Comma)]
    public void Describe_OfAComparison_EndsWithItsDifference(string culture)
    {
        var text = Cultures.In(culture, () => Of(("dsd", Value(Metric.Accuracy, Ones(2000))), ("control", Value(Metric.Accuracy, Ones(2000)))).Describe());

        Assert.EndsWith($"\n\ndsd − control: 0.00 points of accuracy on test; higher is better.\n95 % interval over 2,000 test examples: −0.19 to +0.19 (Newcombe's method).\nNo example is right in one arm alone.\n{Seed}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_AnArmThatEndsWithNoNumber_SaysThatNothingIsCompared() => Assert.Contains(
        "dsd − control: bits per character on test is not finite in dsd, so nothing is compared.",
        Of(("dsd", s_bits.Of(double.NaN)), ("control", s_bits.Of(1))).Describe(),
        StringComparison.Ordinal);

    private static float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];

    private static float[] Zeros(int count) => new float[count];

    private static ArmDifference Single(Metric metric, float[] a, float[] b, float[]? weights = null) =>
        Assert.Single(Of(("dsd", Value(metric, a, weights)), ("control", Value(metric, b, weights))).Differences());

    private static MetricValue Value(Metric metric, float[] outcomes, float[]? weights = null)
    {
        var all = new ExampleOutcomes(outcomes, weights);
        return metric.Of(all.Mean, outcomes: all);
    }

    private static Comparison Of(params (string Arm, MetricValue? Test)[] arms) => new([.. arms.Select(a => RunRecord.Fold(
    [
        new RunStarted(a.Arm, Studies.ToyTrials.Schedule(0.5), "net", Dsd.Plans.ModelShape.Empty, "data", 3, "", "sgd", null, 7, "cpu", 2, "", "", default),
        new PhaseStarted(0, "dense", 0, 10, []),
        new PhaseEnded(0, 10, [], [], 1),
        .. a.Test is null ? Array.Empty<TrainingEvent>() : [new Evaluated(10, DataSplit.Test, [a.Test])],
        new RunEnded(10, RunOutcome.Completed, null, 1),
    ]))]);
}
