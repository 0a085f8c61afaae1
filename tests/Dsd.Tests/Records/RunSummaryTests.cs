using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Records;

/// <summary>Summaries of runs: what both ends of a log say is what its whole record says.</summary>
public sealed class RunSummaryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_ACompleteRun_HasWhatItsRecordHas()
    {
        Train("run");

        AssertIsOfTheRecord("run", RunState.Complete);
    }

    /// <summary>A log whose last measurements lie far from its end, behind long events.</summary>
    [Fact]
    public void Read_ALongLog_FindsTheLastMeasurements()
    {
        Train("run");
        foreach (var arm in new[] { "dsd", "control" })
        {
            var log = _folder["run", arm, "events.jsonl"];
            var lines = File.ReadAllLines(log).ToList();
            var end = lines.FindLastIndex(l => l.StartsWith("{\"event\":\"phaseEnded\"", StringComparison.Ordinal));
            var sample = lines.Last(l => l.StartsWith("{\"event\":\"stepSampled\"", StringComparison.Ordinal));
            lines.InsertRange(lines.FindLastIndex(l => l.StartsWith("{\"event\":\"evaluated\"", StringComparison.Ordinal) && l.Contains("\"validation\"", StringComparison.Ordinal)) + 1, Enumerable.Repeat(sample, 5000));
            Assert.True(end > 0);
            File.WriteAllLines(log, lines);
            Assert.True(new FileInfo(log).Length > 1 << 17);
        }

        AssertIsOfTheRecord("run", RunState.Complete);
    }

    [Fact]
    public void Read_ALogCutAnywhere_IsStoppedOrNotBegun()
    {
        Train("run");
        var log = _folder["run", "dsd", "events.jsonl"];
        var bytes = File.ReadAllBytes(log);
        for (var length = 0; length < bytes.Length - 1; length += 301)
        {
            File.WriteAllBytes(log, bytes[..length]);

            var summary = RunSummary.Read(_folder["run"])!;

            Assert.Equal(RunState.Stopped, summary.State);
            Assert.Null(summary.Problem);
            var record = RunRecord.Load(log);
            Assert.Equal(record.Start is null ? 1 : 2, summary.Arms.Count);
            Assert.Equal(record.Validation, summary.Arms.FirstOrDefault(a => a.Arm == "dsd")?.Evaluations.FirstOrDefault(e => e.Split == DataSplit.Validation));
        }
    }

    [Fact]
    public void Read_ARunThatIsHeld_IsRunning()
    {
        var config = Config();
        using (var folder = RunFolder.Create(_folder["run"], config))
        {
            Assert.Equal(RunState.Running, RunSummary.Read(_folder["run"])!.State);
        }

        Assert.Equal(RunState.Stopped, RunSummary.Read(_folder["run"])!.State);
    }

    [Fact]
    public void Read_AFailedArm_IsFailed()
    {
        Train("run");
        var log = _folder["run", "dsd", "events.jsonl"];
        File.WriteAllLines(log, [.. File.ReadAllLines(log).SkipLast(1), EventLog.ToLine(new RunEnded(5, RunOutcome.Failed, "no", 1))]);

        Assert.Equal(RunState.Failed, RunSummary.Read(_folder["run"])!.State);
    }

    [Fact]
    public void Read_ADamagedLog_SaysSo()
    {
        Train("run");
        var log = _folder["run", "dsd", "events.jsonl"];
        File.WriteAllText(log, "{\"event\":\"runStarted\"}\n");

        var summary = RunSummary.Read(_folder["run"])!;

        Assert.Equal(RunState.Damaged, summary.State);
        Assert.NotEmpty(summary.Problem!);
    }

    [Fact]
    public void Read_AnotherFolder_IsNull()
    {
        Directory.CreateDirectory(_folder["empty", "inside"]);

        Assert.Null(RunSummary.Read(_folder["empty"]));
    }

    private static RunConfig Config() => new(new TrainingConfig("my-net", "my-data", batch: 8), Schedule.Dsd(Duration.Steps(4), Duration.Steps(3), Duration.Steps(2), 0.5, 0.02));

    private void Train(string name)
    {
        var config = Config();
        using var net = new ToyNet(4, 6);
        using var folder = RunFolder.Create(_folder[name], config);
        FairComparison.Run(config.Arms, net, new ToyTask(4), TrainerSettings.Of(config), Observer.None, folder: folder);
    }

    private void AssertIsOfTheRecord(string name, RunState state)
    {
        var summary = RunSummary.Read(_folder[name])!;
        var comparison = Comparison.Load(_folder[name]);
        Assert.Equal(state, summary.State);
        Assert.Equal(comparison.Runs.Select(r => (r.Start, r.Test, r.End)), summary.Arms.Select(r => (r.Start, r.Test, r.End)));
        Assert.Equal(comparison.Runs.Select(r => r.Validation), summary.Arms.Select(r => r.Evaluations.FirstOrDefault(e => e.Split == DataSplit.Validation)));
        Assert.Equal(comparison.Differences().Single(), summary.Difference());
        Assert.Equal(Metric.MainOf(comparison.Runs), summary.Metric);
        Assert.Equal(comparison.Runs[0].End!.Step, summary.Step);
    }
}
