using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Studies;

/// <summary>What <c>ToCsv</c> writes, <c>FromCsv</c> reads again.</summary>
public class StudyCsvTests
{
    private static readonly StudyPlan s_plan = StudyPlan.Resolve(ToyTrials.Study(seeds: [1, 2, 3, 4, 5, 6, 7]), new ToyTrials());

    [Property(MaxTest = 40)]
    [Trait("Tier", "slow")]
    public void FromCsv_OfAUsersOwnMetric_IsWhatWasWritten(byte[] levels, byte left, bool percent, bool lower)
    {
        var metric = new Metric(lower ? "top_1 noise" : "seconds", lower ? MetricGoal.Lower : MetricGoal.Higher, percent ? MetricScale.Percent : MetricScale.Number, percent ? "" : "dB", 3, isMeanOverExamples: lower);
        var made = Results(metric, (trial, place) => ((levels.Length == 0 ? 3 : levels[(place + (int)trial.Seed) % levels.Length]) / 7.0) + (trial.Seed * 1e-3), left);

        var again = StudyResults.FromCsv(s_plan, made.ToCsv());

        Assert.Equal(metric, again.Metric);
        Assert.Equal(made.Arms, again.Arms);
        Assert.Equal(made.Contrasts, again.Contrasts);
        Assert.Equal(made.EachReading(), again.EachReading());
        Assert.Equal(made.Gaps.Select(g => g.Trial.Name), again.Gaps.Select(g => g.Trial.Name));
        Assert.Equal(made.Failures.Select(f => (f.Trial.Name, f.HasDiverged)), again.Failures.Select(f => (f.Trial.Name, f.HasDiverged)));
        Assert.Equal(made.Trials.Select(Examples), again.Trials.Select(Examples));
        Assert.Equal(Left(made), Left(again));
        Assert.Equal(made.ToCsv(), again.ToCsv());

        long? Examples(TrialResult t) => t.Record.Test?.ValueOf(metric)?.Examples;

        static IEnumerable<(DataSplit?, long)> Left(StudyResults results) => results.DataProblems.Select(p => (p.Split, p.Count)).OrderBy(p => p.Split);
    }

    /// <summary>Such an arm fails at its first step; the others have results.</summary>
    [Fact]
    public void FromCsv_OfAStudyThatIsNoLongerPlanned_ReadsItsRecords()
    {
        var schedule = new Schedule([new Phase("sparse", Duration.Epochs(1), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.Given(GivenMasks.Named("ticket"))))]);
        var study = ToyTrials.Study([StudyArm.Control, StudyArm.Dsd], variants: [new StudyVariant("first", schedule)]);
        Assert.Throws<PlanException>(() => StudyPlan.Resolve(study, new ToyTrials()));
        var plan = StudyPlan.OfRecord(study, new ToyTrials());
        var made = StudyResults.Of(plan, true, plan.Trials.Where(t => t.Treatment.Name == "control").Select(t => new TrialResult(t, Record(t, Metric.Accuracy, 0.5, 0, fails: false), null)));

        var again = StudyResults.FromCsv(plan, made.ToCsv());

        Assert.Equal(made.Arms, again.Arms);
        Assert.Equal(3, again.Trials.Count());
    }

    [Theory]
    [InlineData("top_1", MetricGoal.Undeclared)]
    [InlineData("CER", MetricGoal.Lower)]
    [InlineData("bits per character", MetricGoal.Lower)]
    public void FromCsv_OfAnEarlierVersion_KnowsWhatDsdMeasuresAndKeepsOtherNames(string name, MetricGoal goal)
    {
        var csv = Results(Metric.OfOldFile(name), (trial, place) => (place * 1e-2) + (trial.Seed * 1e-3), 1).ToCsv();
        var earlier = string.Concat(csv.TrimEnd('\n').Split('\n').Select(line => string.Join(',', line.Split(',')[..16]) + "\n"));

        var again = StudyResults.FromCsv(s_plan, earlier);

        Assert.Equal((name, goal), (again.Metric.Name, again.Metric.Goal));
        Assert.Empty(again.DataProblems);
    }

    [Theory]
    [InlineData(",higher,R²", ",up,R²", "'up' is not a valid goal; use higher, lower, undeclared.")]
    [InlineData(",number,dB", ",number,s", "the metric is declared otherwise than in line 2")]
    public void FromCsv_OfADeclarationThatCannotBe_IsRefused(string written, string instead, string problem)
    {
        var lines = Results(new Metric("R²", MetricGoal.Higher, unit: "dB"), (_, place) => place, 0).ToCsv().Split('\n');
        var first = Array.FindIndex(lines, 1, l => l.Contains(written, StringComparison.Ordinal));
        for (var i = instead.Contains("up", StringComparison.Ordinal) ? first : lines.Length - 3; i < lines.Length; i++)
        {
            lines[i] = lines[i].Replace(written, instead, StringComparison.Ordinal);
        }

        var error = Assert.Throws<DsdException>(() => StudyResults.FromCsv(s_plan, string.Join('\n', lines)));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    private static StudyResults Results(Metric metric, Func<Trial, int, double> value, byte left)
    {
        var trials = s_plan.Trials.Select((trial, place) => new TrialResult(trial, Record(trial, metric, value(trial, place), left, place % 9 == 4), null) { HasDiverged = place % 9 == 4 });
        return StudyResults.Of(s_plan, true, trials);
    }

    private static RunRecord Record(Trial trial, Metric metric, double value, byte left, bool fails)
    {
        ValueList<DataProblem> problems = left == 0 ? [] : [.. new DataSplit?[] { DataSplit.Train, DataSplit.Validation, DataSplit.Test, null }.Select((split, i) => new DataProblem(DataProblemKind.LeftOut, split, "broken images", left + i, ["x.png"]))];
        var phases = trial.Plan.Phases.SelectMany((p, i) => new TrainingEvent[]
        {
            new PhaseStarted(i, p.Phase.Name, 10 * i, p.Steps, []),
            new Evaluated(10 * i, DataSplit.Validation, [metric.Of(value, 300), Metric.Loss.Of(0.5)]),
            new PhaseEnded(i, (10 * i) + p.Steps, [], [], 1),
        });
        return RunRecord.Fold(
        [
            new RunStarted(trial.Treatment.Name, trial.Schedule, "toy", trial.Treatment.Plan.Shape, "toy", 5, "", "sgd", null, trial.Seed, "cpu", 1, "", "", default, DataProblems: problems),
            .. phases,
            .. fails ? Array.Empty<TrainingEvent>() : [new Evaluated(10, DataSplit.Test, [metric.Of(value, 200), Metric.Loss.Of(0.5)])],
            new RunEnded(10, fails ? RunOutcome.Failed : RunOutcome.Completed, fails ? "no" : null, 1),
        ]);
    }
}
