using System.Text.RegularExpressions;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Studies;

/// <summary>A metric with the goal "higher", turned into 1 − metric with the goal "lower", says the same.</summary>
public partial class MetricGoalTests
{
    private const int Seeds = 8;

    private static readonly StudyPlan s_plan = StudyPlan.Resolve(ToyTrials.Study(seeds: Enumerable.Range(1, Seeds).Select(s => (long)s)), new ToyTrials());

    [Property(MaxTest = 60)]
    public void Results_OfAMetricAndOfOneLessIt_SelectAndJudgeAlike(byte[] levels, byte shift)
    {
        // Sixty-fourths, so that one less the value is exact and means of candidates are equal only where values are.
        double Of(Trial trial, int place) => (((levels.Length == 0 ? 7 : levels[(place + (int)trial.Seed) % levels.Length]) + (shift * trial.Treatment.Name.Length)) % 32 / 64.0)
            + (trial.Treatment.Name.StartsWith("dsd", StringComparison.Ordinal) ? 0.25 : 0);

        var higher = Results(new Metric("R²", MetricGoal.Higher), Of);
        var lower = Results(new Metric("1 − R²", MetricGoal.Lower), (trial, place) => 1 - Of(trial, place));

        Assert.Equal(higher.Arms.Select(a => a.Selected?.Name), lower.Arms.Select(a => a.Selected?.Name));
        Assert.Equal(Verdicts(higher), Verdicts(lower));
        Assert.Equal(higher.Contrasts.Select(c => c.Difference?.Differences.Mean), lower.Contrasts.Select(c => -c.Difference?.Differences.Mean));
        foreach (var contrast in higher.Contrasts)
        {
            var mean = contrast.Difference!.Differences.Mean;
            Assert.Equal(higher.Metric.Verdict(mean), lower.Metric.Verdict(mean == 0 ? 0 : -mean));
        }
    }

    [Theory]
    [InlineData(MetricGoal.Higher, 0.9, "better")]
    [InlineData(MetricGoal.Lower, 0.1, "worse")]
    public void Results_OfAUsersOwnMetric_SelectTheBestCandidate(MetricGoal goal, double selected, string verdict)
    {
        // Sparsity 0.7 gives 0.9, 0.3 gives 0.1; all other arms 0.5, with a little for the seed.
        var results = Results(new Metric("AUC", goal), (trial, _) => Base(trial) + (trial.Seed * trial.Treatment.Name.Length % 5 * 1e-3));

        var dsd = results.Arms[0];
        Assert.Equal(selected, Base(results.Plan.Trials.First(t => t.Treatment == dsd.Selected)));
        Assert.Contains($"dsd is better by", results.Describe());
        Assert.Contains(goal == MetricGoal.Higher ? "higher is better" : "lower is better", results.Describe());
        Assert.Equal(verdict, results.Metric.Verdict(0.1));

        static double Base(Trial trial) => trial.Treatment.Name.StartsWith("dsd", StringComparison.Ordinal) ? trial.Treatment.Name.Contains("0.7", StringComparison.Ordinal) ? 0.9 : 0.1 : 0.5;
    }

    [Fact]
    public void Results_OfAMetricThatAnOldRecordDoesNotDeclare_SelectNothingAndCallNothingBetter()
    {
        var results = Results(Metric.OfOldFile("AUC"), (trial, place) => (trial.Treatment.Name.Length % 4 / 10.0) + (place * 1e-3) + (trial.Seed * 1e-4));

        Assert.All(results.Arms.Where(a => a.Candidates.Count > 1), a => Assert.Null(a.Selected));
        Assert.DoesNotContain("better by", results.Describe());
        Assert.Contains("does not say whether higher or lower is better", results.Describe());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Results_OfAStudyThatGoesOnFromOldRecords_GoByTheDeclarationOfTheNewOnes(int first)
    {
        // The trials from the given one on declare their metric; at 0 all do.
        var declared = new Metric("AUC", MetricGoal.Higher);
        var trials = Trials((trial, place) => place < first ? Metric.OfOldFile("AUC") : declared);
        var results = StudyResults.Of(s_plan, true, trials);

        Assert.Equal(declared, results.Metric);
        Assert.All(results.Arms, a => Assert.NotNull(a.Selected));
        Assert.Empty(StudyConsistency.Problems(s_plan, trials, trials));
    }

    [Fact]
    public void Problems_OfTrialsThatDeclareAMetricInTwoWays_NameBoth()
    {
        var trials = Trials((trial, place) => new Metric("AUC", place == 1 ? MetricGoal.Lower : MetricGoal.Higher));

        var problem = Assert.Single(StudyConsistency.Problems(s_plan, trials, trials));

        Assert.StartsWith("The trials declare the metric AUC in different ways: higher is better, without a unit: ", problem, StringComparison.Ordinal);
        Assert.Contains($"lower is better, without a unit: {trials[1].Trial.Name}. Delete", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_OfATrialWhoseScheduleNoLongerFits_NameItOnce()
    {
        var trials = Trials((_, _) => new Metric("AUC", MetricGoal.Higher));
        var start = trials[2].Record.Start!;
        var record = trials[2].Record with { Start = start with { Shape = ModelShape.Empty } };
        trials[2] = trials[2] with { Record = record };

        Assert.StartsWith($"The trial {trials[2].Trial.Name} holds a schedule that does not fit its network: ", Assert.Single(StudyConsistency.Problems(s_plan, trials, trials)), StringComparison.Ordinal);
        Assert.Empty(StudyConsistency.Problems(s_plan, trials, []));
    }

    private static List<TrialResult> Trials(Func<Trial, int, Metric> metric) =>
        [.. s_plan.Trials.Select((trial, place) => new TrialResult(trial, Record(trial, metric(trial, place), (place % 7 / 10.0) + (trial.Seed * 1e-3)), null))];

    private static IEnumerable<string> Verdicts(StudyResults results) =>
        results.EachReading().Select(r => Verdict().Match(r) is { Success: true } m ? m.Value : r);

    private static StudyResults Results(Metric metric, Func<Trial, int, double> value) =>
        StudyResults.Of(s_plan, true, s_plan.Trials.Select((trial, place) => new TrialResult(trial, Record(trial, metric, value(trial, place)), null)));

    private static RunRecord Record(Trial trial, Metric metric, double value) => RunRecord.Fold(
    [
        new RunStarted(trial.Treatment.Name, trial.Schedule, "toy", s_plan.Trials.First().Plan.Shape, "toy", 5, "", "sgd", null, trial.Seed, "cpu", 1, "", "", default),
        new PhaseStarted(0, "dense", 0, 10, []),
        new Evaluated(10, DataSplit.Validation, [metric.Of(value), Metric.Loss.Of(0.5)]),
        new PhaseEnded(0, 10, [], [], 1),
        new Evaluated(10, DataSplit.Test, [metric.Of(value), Metric.Loss.Of(0.5)]),
        new RunEnded(10, RunOutcome.Completed, null, 1),
    ]);

    [GeneratedRegex("is (better|worse) by|no difference is shown|there is no spread|too few")]
    private static partial Regex Verdict();
}
