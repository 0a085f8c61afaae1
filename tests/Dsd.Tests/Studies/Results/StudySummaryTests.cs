using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>Summaries of studies: without the records of trials they say what the results say.</summary>
[Trait("Tier", "slow")]
public sealed class StudySummaryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_AJudgedStudyOfOneVariant_HasItsDifference()
    {
        var source = new ToyTrials();
        var results = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control], variants: [new("only", ToyTrials.Schedule(0.5))]).Run(_folder["study"], source);

        var summary = StudySummary.Read(_folder["study"], source)!;

        Assert.Equal((RunState.Complete, 6, 6), (summary.State, summary.Done, summary.Trials));
        Assert.Equal(results.Contrasts.Single().Difference!.Differences, summary.Difference!.Differences);
        Assert.Equal(results.Arms[0].Sample!.Mean, summary.Mean!.Value, 12);
        Assert.Equal(results.Metric, summary.Metric);
    }

    [Fact]
    public void Read_AStudyOfSeveralVariants_CountsItsTrials()
    {
        var source = new ToyTrials();
        var results = ToyTrials.Study(judgement: Judgement.EveryVariant).Run(_folder["study"], source);

        var summary = StudySummary.Read(_folder["study"], source)!;

        Assert.Equal(results.Trials.Count(), summary.Done);
        Assert.Null(summary.Difference);
    }

    [Fact]
    public void Read_AStoppedStudy_CountsWhatIsPlanned()
    {
        var source = new ToyTrials();
        using var stop = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => ToyTrials.Study().Run(
            _folder["study"],
            source,
            (_, _, _) =>
            {
                if (++steps == 60)
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));

        var summary = StudySummary.Read(_folder["study"], source)!;

        Assert.Equal(RunState.Stopped, summary.State);
        Assert.InRange(summary.Done, 0, summary.Trials!.Value - 1);
        Assert.Equal(StudyPlan.Resolve(ToyTrials.Study(), source).Trials.Count(), summary.Trials);
    }

    [Fact]
    public void Read_ADamagedStudy_SaysSo()
    {
        Directory.CreateDirectory(_folder["study"]);
        File.WriteAllText(_folder["study", "study.json"], "{");

        var summary = StudySummary.Read(_folder["study"], new ToyTrials())!;

        Assert.Equal(RunState.Damaged, summary.State);
        Assert.Contains("study.json", summary.Problem!, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnotherFolder_IsNull() => Assert.Null(StudySummary.Read(_folder.Root, new ToyTrials()));
}
