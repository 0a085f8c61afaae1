using Dsd.Records;
using Dsd.Schedules;
using Dsd.Tests.Plans;
using FsCheck.Xunit;

namespace Dsd.Tests.Records;

public class AblationTests
{
    [Fact]
    public void Mean_OfStudentsSleepData_IsThePublishedInterval()
    {
        // Student (1908), additional hours of sleep of ten patients, drug 2 less drug 1: mean 1.58, 95 % interval 0.70 to 2.46.
        double[] first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        double[] second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        var ablation = new Ablation("drug", first.Zip(second).Select(pair => ("2", Compare(pair.Second, pair.First))));

        var (mean, half) = ablation.Mean("2")!.Value;
        Assert.Equal(1.58, mean, 10);
        Assert.Equal(0.7001, mean - half!.Value, 4);
        Assert.Equal(2.4599, mean + half.Value, 4);
    }

    [Fact]
    public void Describe_SeveralValues_IsATableInTheOrderGiven()
    {
        var ablation = new Ablation(
            "sparsity",
            [("0.9", Compare(0.80, 0.90)), ("0.3", Compare(0.91, 0.90)), ("0.9", Compare(0.82, 0.90)), ("|<b>", Compare(null, 0.5))]);

        Assert.Equal(
            """
            dsd − control, points of accuracy on validation.

            | sparsity | seeds | mean difference |   95 % interval | seeds above 0 |
            |----------|------:|----------------:|----------------:|--------------:|
            | 0.9      |     2 |           −9.00 | −21.71 to +3.71 |             0 |
            | 0.3      |     1 |           +1.00 |               – |             1 |
            | \|\<b>   |     0 |               – |               – |             0 |

            """.ReplaceLineEndings("\n"),
            Cultures.In(Cultures.Comma, ablation.Describe));
    }

    [Fact]
    public void Differences_OfASeedThatDidNotComplete_AreLeftOut()
    {
        var stopped = new Comparison([Run("dsd", 0.7, RunOutcome.Cancelled), Run("control", 0.9)]);
        var ablation = new Ablation("x", [("1", stopped), ("1", Compare(0.5, 0.25))]);
        Assert.Equal([0.25], ablation.Differences("1"));
    }

    [Fact]
    public void Describe_NothingCompared_SaysSo() => Assert.Equal("Nothing was compared.\n", new Ablation("x", []).Describe());

    [Fact]
    public void New_AComparisonOfOneArm_IsRefused()
    {
        var one = new Comparison([Run("dsd", 0.5)]);
        var error = Assert.Throws<ArgumentException>(() => new Ablation("x", [("1", one)]));
        Assert.Contains("at least two arms", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Ablation(" ", []));
    }

    [Property]
    public bool Differences_OfAnySeeds_AreThoseOfTheirValueAlone(double[] a, double[] b)
    {
        var pairs = a.Zip(b).Where(p => double.IsFinite(p.First - p.Second)).ToList();
        var ablation = new Ablation("x", pairs.SelectMany(p => new[] { ("one", Compare(p.First, p.Second)), ("other", Compare(0, 1)) }));
        return ablation.Differences("one").SequenceEqual(pairs.Select(p => p.First - p.Second))
            && ablation.Differences("other").All(d => d == -1)
            && ablation.Differences("none").Count == 0;
    }

    private static Comparison Compare(double? first, double? last) => new([Run("dsd", first), Run("control", last)]);

    private static RunRecord Run(string arm, double? accuracy, RunOutcome outcome = RunOutcome.Completed)
    {
        var schedule = Schedule.Start().Dense(1, 0.1).Build();
        var start = new RunStarted(arm, schedule, "lenet-5", Shapes.LeNet5, "data", 3, "batch 1", "sgd", null, 1, "cpu", 1, "Linux", "0.1.0", DateTimeOffset.UnixEpoch);
        TrainingEvent[] measured = accuracy is { } value ? [new Evaluated(3, DataSplit.Validation, [new Metric("accuracy", value)])] : [];
        return RunRecord.Fold([start, new PhaseStarted(0, "dense", 0, 3, []), .. measured, new RunEnded(3, outcome, null, 1)]);
    }
}
