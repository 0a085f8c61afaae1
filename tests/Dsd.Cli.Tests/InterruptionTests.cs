using Dsd.Records;
using Dsd.Schedules;

namespace Dsd.Cli.Tests;

/// <summary>Runs that do not come to their end: interrupted, killed, or without room to write.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class InterruptionTests(Runs runs)
{
    [SkippableTheory]
    [InlineData(DsdProcess.SigInt)]
    [InlineData(DsdProcess.SigTerm)]
    [InlineData(DsdProcess.SigHup)]
    public void Signal_EndsTheRunWithAValidRecord(int signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to interrupt a run with.");
        var name = $"signal-{signal}";
        using var process = DsdProcess.Start(runs.Folder.Root, ["train", .. Runs.Long, "--json", "--out", name]);
        process.WaitFor(runs.Folder[name, "control", "events.jsonl"], "\"evaluated\"");

        process.Signal(signal);
        var outcome = process.Wait();

        Assert.Equal(130, outcome.Code);
        Assert.Contains("dsd: interrupted", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"continue with: dsd resume {name}", outcome.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(runs.Folder[name, "checkpoints"]));
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        var root = Runs.Object(outcome.Out);
        Assert.False(root.GetProperty("complete").GetBoolean());
        Assert.All(root.GetProperty("arms").EnumerateArray(), arm => Assert.Equal("cancelled", arm.GetProperty("outcome").GetString()));
        Assert.Equal(outcome.Out, File.ReadAllText(runs.Folder[name, "result.json"]));
        Assert.Contains("lenet-300-100 on fashion-mnist", File.ReadAllText(runs.Folder[name, "summary.txt"]), StringComparison.Ordinal);
        foreach (var arm in new[] { "dsd", "control" })
        {
            var record = RunRecord.Fold(EventLog.Read(runs.Folder[name, arm, "events.jsonl"]));
            Assert.Equal(RunOutcome.Cancelled, record.End!.Outcome);
            Assert.InRange(record.End.Step, 1, 29_999);
            Assert.Single(record.Phases);
            Assert.False(File.Exists(runs.Folder[name, arm, "weights.safetensors"]));
        }
    }

    [SkippableTheory]
    [InlineData(DsdProcess.SigInt)]
    [InlineData(DsdProcess.SigTerm)]
    public void SecondSignal_WithinAStep_EndsTheRunAtOnceAndItGoesOnFromTheCheckpointBefore(int signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to interrupt a run with.");
        using var folder = new TempFolder();
        _ = runs.Folder;

        // A step takes all examples at once, and much longer than the time between the signals.
        string[] run =
        [
            "train", "--model", "lenet-300-100", "--train-limit", "50000", "--batch", "50000", "--dense", "2st", "--sparse", "1st", "--redense", "1st",
            "--arms", "dsd", "--threads", "1", "--device", "cpu", "--checkpoint-every", "1st", "--quiet", "--out",
        ];
        using (var process = DsdProcess.Start(folder.Root, [.. run, "parts"]))
        {
            process.WaitUntil(() => File.Exists(folder["parts", "checkpoints", "001-dsd-000000000001.safetensors"]), "a checkpoint is written");

            process.Signal(signal);
            Thread.Sleep(50);
            process.Signal(signal);
            var outcome = process.Wait();

            Assert.Equal(128 + signal, outcome.Code);
            Assert.DoesNotContain("dsd: interrupted", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Null(RunRecord.Load(folder["parts", "dsd", "events.jsonl"]).End);
        Assert.EndsWith("000000000001.safetensors", Assert.Single(Directory.GetFiles(folder["parts", "checkpoints"])), StringComparison.Ordinal);

        DsdProcess.Run(folder.Root, "resume", "parts", "--quiet").Succeeded();
        DsdProcess.Run(folder.Root, [.. run, "whole"]).Succeeded();
        Assert.Equal(1, Assert.Single(RunRecord.Load(folder["parts", "dsd", "events.jsonl"]).Resumptions).Step);
        Assert.Equal(File.ReadAllBytes(folder["whole", "dsd", "weights.safetensors"]), File.ReadAllBytes(folder["parts", "dsd", "weights.safetensors"]));
    }

    [Fact]
    public void Kill_LeavesAValidPartialRecord()
    {
        using var process = DsdProcess.Start(runs.Folder.Root, ["train", .. Runs.Long, "--quiet", "--out", "killed"]);
        process.WaitFor(runs.Folder["killed", "control", "events.jsonl"], "\"evaluated\"");

        process.Kill();
        process.Wait();

        foreach (var arm in new[] { "dsd", "control" })
        {
            var record = RunRecord.Fold(EventLog.Read(runs.Folder["killed", arm, "events.jsonl"]));
            Assert.Equal(arm, record.Arm);
            Assert.Null(record.End);
            Assert.NotEmpty(Assert.Single(record.Phases).Evaluations);
        }

        Assert.False(File.Exists(runs.Folder["killed", "result.json"]));
    }

    [SkippableTheory]
    [InlineData(2350)]
    public void FileSizeLimit_RunGoesOnAndEndsWithOne(int kilobytes)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to interrupt a run with.");
        var name = $"limit-{kilobytes}";

        // The runtime maps its own code through a file, which the limit would concern as well.
        using var process = DsdProcess.Start(
            runs.Folder.Root,
            new() { ["DOTNET_EnableWriteXorExecute"] = "0" },
            "bash",
            ["-c", $"ulimit -f {kilobytes}; exec '{DsdProcess.DotNet}' '{DsdProcess.Assembly}' train {string.Join(' ', Runs.Small)} --optimizer adam --json --out {name}"]);
        var outcome = process.Wait();

        Assert.Contains("File too large", outcome.Error, StringComparison.Ordinal);
        CheckThatWhatWasWrittenIsWhole(outcome, runs.Folder[name]);
    }

    [SkippableTheory]
    [InlineData(60)]
    [InlineData(1400)]
    [InlineData(4000)]
    public void FullDisk_RunGoesOnAndEndsWithOne(int kilobytes)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "A small disk can be mounted on Linux only.");
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["disk"]);
        using var trial = DsdProcess.Start(folder.Root, [], "bash", ["-c", "unshare -rm mount -t tmpfs -o size=16k tmpfs disk"]);
        Skip.IfNot(trial.Wait().Code == 0, "A small disk cannot be mounted here.");

        // The disk is seen only by what runs within, so its content is copied out.
        using var process = DsdProcess.Start(
            folder.Root,
            [],
            "unshare",
            [
                "-rm", "bash", "-c",
                $"mount -t tmpfs -o size={kilobytes}k tmpfs disk; '{DsdProcess.DotNet}' '{DsdProcess.Assembly}' train {string.Join(' ', Runs.Small)} --json --out disk/run; code=$?; cp -r disk copy; exit $code",
            ]);
        var outcome = process.Wait();

        Assert.Contains("No space left", outcome.Error, StringComparison.Ordinal);
        CheckThatWhatWasWrittenIsWhole(outcome, folder["copy", "run"]);
    }

    private static void CheckThatWhatWasWrittenIsWhole(Outcome outcome, string run)
    {
        Assert.Equal(1, outcome.Code);
        Assert.Contains("not all files in", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("dsd resume ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.True(Runs.Object(outcome.Out).GetProperty("complete").GetBoolean(), "training went on to its end");
        Assert.Empty(Directory.EnumerateFiles(run, "*.part", SearchOption.AllDirectories));
        Dsd.Schedules.Schedule.FromJson(File.ReadAllText(Path.Combine(run, "schedule.json")));
        foreach (var arm in new[] { "dsd", "control" })
        {
            var log = Path.Combine(run, arm, "events.jsonl");
            var text = File.ReadAllText(log);
            Assert.True(text.Length == 0 || text.EndsWith('\n'), "the last line breaks off");
            Assert.Equal(text.Count(c => c == '\n'), EventLog.Read(log).Count);
        }
    }
}
