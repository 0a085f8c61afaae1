using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Studies;

/// <summary>What a study's sentences and tables claim, and what they do not.</summary>
public class StudyResultsTests
{
    [Fact]
    public void Describe_TwoSeedsWhoseDifferencesAreEqualButForRounding_MakesNoStatement()
    {
        var results = Results((2 / 12.0, 7 / 12.0), (7 / 12.0, 1));

        Assert.Equal(["dsd − control: all 2 differences are equal (−41.67 points of accuracy); there is no spread to judge by, and no statement."], results.EachReading());
        Assert.Null(results.Contrasts[0].AdjustedPValue);
        AssertRow("| dsd − control | 2 | −41.67 | – | – | – | – | – | – | – |", results);
    }

    [Fact]
    public void Describe_ThreePairsWithoutADifference_ExcludesNothing()
    {
        var results = Results((0.5, 0.5), (0.6, 0.6), (0.4, 0.4));

        Assert.Equal(["dsd − control: all 3 differences are equal (0.00 points of accuracy); there is no spread to judge by, and no statement."], results.EachReading());
        AssertRow("| dsd − control | 3 | 0.00 | – | – | – | – | – | – | – |", results);
    }

    [Fact]
    public void Describe_FivePairsFarApart_GivesAnIntervalAndNoVerdict()
    {
        var results = Results((0.9, 0.1), (0.91, 0.1), (0.92, 0.1), (0.93, 0.1), (0.94, 0.1));

        Assert.True(results.Contrasts[0].Difference!.PValue < 1e-6);
        Assert.Null(results.Contrasts[0].AdjustedPValue);
        Assert.Equal(["dsd − control: +82.00 points of accuracy on average (95 % interval over seeds +80.04 to +83.96); 5 pairs are too few for a verdict, which takes six."], results.EachReading());
        AssertRow("| dsd − control | 5 | +82.00 | +80.04 to +83.96 | – | 0.063 | – | +51.86 | 2.66 | – |", results);
    }

    [Fact]
    public void Describe_SixPairsFarApart_GivesAVerdict()
    {
        var results = Results((0.9, 0.1), (0.91, 0.1), (0.92, 0.1), (0.93, 0.1), (0.94, 0.1), (0.95, 0.1));

        Assert.StartsWith("dsd − control: dsd is better by 82.50 points of accuracy (95 % interval over seeds ", Assert.Single(results.EachReading()), StringComparison.Ordinal);
        Assert.Equal(results.Contrasts[0].Difference!.PValue, results.Contrasts[0].AdjustedPValue);
    }

    [Fact]
    public void Describe_OnePair_HasTooFewForAnyStatement() =>
        Assert.Equal(["dsd − control: too few pairs for any statement."], Results((0.9, 0.1)).EachReading());

    [Fact]
    public void Describe_DifferencesBeyondAllNumbers_MakesNoStatementAndShowsNoInfinity()
    {
        var results = Results((1.7e308, 0), (-1.7e308, 0), (1.7e308, 0), (-1.7e308, 0), (1.7e308, 0), (-1.7e308, 0));

        Assert.Equal(["dsd − control: the differences are too large to compute with, and there is no statement."], results.EachReading());
        AssertRow("| – | – | – | – | – | – | – |", results);
    }

    [Fact]
    public void Summary_OfManyGroups_CountsThoseWithoutAVerdictApart()
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], [1, 2, 3, 4, 5, 6], Judgement.EveryVariant, [.. Enumerable.Range(1, 13).Select(i => new StudyVariant($"v {i}", ToyTrials.Schedule(i / 20.0)))]);
        var results = Of(study, trial => trial.Treatment.Name == "dsd-v-1" ? 0.6 + (trial.Seed * 0.001)
            : trial.Treatment.Name == "dsd-v-2" ? 0.5 + (trial.Seed % 2 * 0.002) - 0.001
            : 0.5);

        Assert.Equal(2, results.Contrasts.Count(c => c.AdjustedPValue is not null));
        var sentence = Assert.Single(results.Readings());
        Assert.Contains("dsd is better in 1 of 13 groups, by 10.35 points of accuracy (v 1); no difference is shown in another 1; one larger than ", sentence, StringComparison.Ordinal);
        Assert.EndsWith("; no verdict on 11 groups: fewer than six pairs, or differences that are all equal.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void ToCsv_AValueThatIsNoNumber_IsEmpty()
    {
        var csv = Results((double.NaN, 0.5), (double.PositiveInfinity, 0.5)).ToCsv();

        Assert.DoesNotContain("NaN", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", csv, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_OutcomesOfEveryExample_StandAnIntervalOverThemBesideThatOverSeeds()
    {
        var results = WithOutcomes(8, examples: 40);

        var contrast = results.Contrasts[0];
        var (low, high) = results.OverSeedsAndExamples(contrast)!.Value;
        var (lowOverSeeds, highOverSeeds) = contrast.Difference!.Interval!.Value;
        Assert.True(high - low > highOverSeeds - lowOverSeeds);
        Assert.Equal(PairedBootstrap.OverSeedsAndExamples([.. Enumerable.Range(0, 8).Select(s => (Doubles(0, s), Doubles(1, s)))]), (low, high));

        var metric = results.Metric;
        var text = results.Describe();
        Assert.Contains("Intervals over seeds are of Student's t, on one fixed set of test examples; those over seeds × examples draw both anew, 10,000 times, and so cover other examples too.", text, StringComparison.Ordinal);
        Assert.Contains("| 95 % interval, seeds | 95 % interval, seeds × examples |", string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        AssertRow($"| {metric.ShowInterval((lowOverSeeds, highOverSeeds))} | {metric.ShowInterval((low, high))} |", results);
        Assert.Contains($"over seeds × examples", Assert.Single(results.EachReading()), StringComparison.Ordinal);

        static IReadOnlyList<double> Doubles(int arm, int seed) => [.. Outcomes(arm, seed, 40)];
    }

    [Fact]
    public void OverSeedsAndExamples_OfFewSeedsWithoutNoiseOfExamples_IsNoNarrowerThanOverSeeds()
    {
        // All examples of a seed differ alike, so that percentiles over six seeds alone would be narrower than t.
        float[] differences = [0.1f, 0.4f, 0.2f, 0.3f, 0.15f, 0.5f];
        var results = WithOutcomes(6, 8, (arm, seed) => [.. Enumerable.Range(0, 8).Select(i => (i / 16f) + (arm == 0 ? differences[seed] : 0))]);

        var contrast = results.Contrasts[0];
        var drawn = PairedBootstrap.OverSeedsAndExamples([.. differences.Select(d => ((IReadOnlyList<double>)[.. Enumerable.Range(0, 8).Select(i => (i / 16.0) + d)], (IReadOnlyList<double>)[.. Enumerable.Range(0, 8).Select(i => i / 16.0)]))])!.Value;
        Assert.True(drawn.High - drawn.Low < contrast.Difference!.Interval!.Value.High - contrast.Difference.Interval.Value.Low);
        var (low, high) = results.OverSeedsAndExamples(contrast)!.Value;
        Assert.True(low <= contrast.Difference.Interval.Value.Low && high >= contrast.Difference.Interval.Value.High);
    }

    [Fact]
    public void Readings_WhereOtherExamplesMightShowNothing_SaySo()
    {
        // One example of eight decides, for every seed.
        var results = WithOutcomes(6, 8, (arm, seed) => [0, 1, 0, 1, 0, 1, (seed % 3) - 1 == arm ? 1 : 0, arm == 0 ? 1 : 0]);

        Assert.True(results.Contrasts[0].AdjustedPValue < 0.05);
        Assert.Contains(" over seeds, after correction). On other examples there may be none.", Assert.Single(results.EachReading()), StringComparison.Ordinal);
    }

    [Fact]
    public void OverSeedsAndExamples_WhereOutcomesAreMissingOrNotOfTheSameExamples_IsNone()
    {
        Assert.NotNull(Crossed(WithOutcomes(6, 40)));
        Assert.Null(Crossed(WithOutcomes(5, 40)));
        Assert.Null(Crossed(WithOutcomes(6, 40, (arm, seed) => arm == 1 && seed == 3 ? null : Outcomes(arm, seed, 40))));
        Assert.Null(Crossed(WithOutcomes(6, 40, (arm, seed) => Outcomes(arm, seed, arm == 1 && seed == 3 ? 39 : 40))));
        Assert.Null(Crossed(WithOutcomes(6, 40, (_, seed) => Outcomes(0, seed, 40))));
        Assert.Contains("Intervals are over seeds, of Student's t, on one fixed set of test examples; they do not cover other examples.", Results((0.5, 0.6), (0.6, 0.5)).Describe(), StringComparison.Ordinal);

        static (double, double)? Crossed(StudyResults results) => results.OverSeedsAndExamples(results.Contrasts[0]);
    }

    private static StudyResults WithOutcomes(int seeds, int examples, Func<int, int, float[]?>? outcomes = null)
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], Enumerable.Range(0, seeds).Select(i => (long)i), variants: [new("only", ToyTrials.Schedule(0.5))]);
        return Of(study, trial =>
        {
            var arm = trial.Treatment.Name.StartsWith("dsd", StringComparison.Ordinal) ? 0 : 1;
            var all = (outcomes ?? ((a, s) => Outcomes(a, s, examples)))(arm, (int)trial.Seed) is { } values ? new ExampleOutcomes(values) : null;
            return Metric.Accuracy.Of(all?.Mean ?? 0.5, outcomes: all);
        });
    }

    /// <summary>Some examples are hard, the first arm is right on a few more of them, and seeds differ a little.</summary>
    private static float[] Outcomes(int arm, int seed, int examples) =>
        [.. Enumerable.Range(0, examples).Select(i => i % 5 < 2 ? 1f : (i * 7 + (seed * 3 % 5) + (arm * 4)) % 11 < 4 ? 1 : 0)];

    private static void AssertRow(string row, StudyResults results) =>
        Assert.Contains(row, string.Join('\n', results.Describe().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))), StringComparison.Ordinal);

    /// <summary>A judged study of two arms, with the accuracies of both on test, seed by seed.</summary>
    private static StudyResults Results(params (double Dsd, double Control)[] pairs)
    {
        var study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], Enumerable.Range(0, pairs.Length).Select(i => (long)i), variants: [new("only", ToyTrials.Schedule(0.5))]);
        return Of(study, trial => trial.Treatment.Name.StartsWith("dsd", StringComparison.Ordinal) ? pairs[trial.Seed].Dsd : pairs[trial.Seed].Control);
    }

    private static StudyResults Of(Study study, Func<Trial, double> accuracy) => Of(study, trial => Metric.Accuracy.Of(accuracy(trial)));

    private static StudyResults Of(Study study, Func<Trial, MetricValue> test)
    {
        var plan = StudyPlan.Resolve(study, new ToyTrials());
        return StudyResults.Of(plan, true, plan.Trials.Select(trial => new TrialResult(trial, Record(test(trial)), null)));
    }

    private static RunRecord Record(MetricValue test) => RunRecord.Fold(
    [
        new PhaseStarted(0, "dense 1", 0, 10, []),
        new Evaluated(10, DataSplit.Validation, [Metric.Accuracy.Of(0.5)]),
        new PhaseEnded(0, 10, [], [], 1),
        new Evaluated(10, DataSplit.Test, [test]),
        new RunEnded(10, RunOutcome.Completed, null, 1),
    ]);
}
