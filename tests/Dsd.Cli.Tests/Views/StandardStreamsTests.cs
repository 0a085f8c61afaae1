namespace Dsd.Cli.Tests;

/// <summary>Standard output and error that are closed, or lead to a terminal that is closed meanwhile.</summary>
[Collection(RunsCollection.Name)]
public sealed class StandardStreamsTests(Runs runs)
{
    [SkippableTheory]
    [InlineData("plan", 0, 0, "")]
    [InlineData("plan", 0, 1, "2>&-")]
    [InlineData("plan", 0, 0, ">&-")]
    [InlineData("plan", 0, 0, "<&- >&- 2>&-")]
    [InlineData("models", 0, 1, "2>&-")]
    [InlineData("nothing", 2, 0, "2>&-")]
    [InlineData("plan --schedule nowhere.json", 2, 0, "2>&-")]
    [InlineData("study status nowhere", 2, 0, "<&- >&- 2>&-")]
    [InlineData("report nowhere", 2, 0, "2>&-")]
    public void Command_WithClosedStreams_EndsAsWithoutThem(string command, int code, int writes, string closed)
    {
        Skip.If(OperatingSystem.IsWindows(), "Its shell cannot close streams.");
        using var process = DsdProcess.Start(runs.Folder.Root, [], "bash", ["-c", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' {command} {closed}"]);

        var outcome = process.Wait();

        Assert.Equal(code, outcome.Code);
        Assert.True(writes == 0 || outcome.Out.Length > 0);
        Assert.DoesNotContain("Exception", outcome.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [Trait("Tier", "slow")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    public void Train_WithClosedStreams_WritesItsFolder(string closed)
    {
        Skip.If(OperatingSystem.IsWindows(), "Its shell cannot close streams.");
        var name = $"closed-{closed.Length}";
        using var process = DsdProcess.Start(runs.Folder.Root, [], "bash", ["-c", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' train {string.Join(' ', Runs.Small)} --out {name} {closed}"]);

        Assert.Equal(0, process.Wait().Code);

        Assert.True(File.Exists(runs.Folder[name, "result.json"]));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Train_WhoseTerminalIsClosed_EndsWithItsSummary()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "There is no program 'script' here to stand for a terminal.");
        using var terminal = DsdProcess.Start(
            runs.Folder.Root,
            new() { ["TERM"] = "xterm" },
            "script",
            ["-qec", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' train {string.Join(' ', Runs.Long)} --out hung; echo $? > hung-code", "/dev/null"]);
        terminal.WaitFor(runs.Folder["hung", "control", "events.jsonl"], "\"evaluated\"");

        // It closes its terminal, and the kernel tells everything that runs in it.
        terminal.Kill();

        TrainingEnds(runs.Folder["hung", "result.json"]);
        Assert.Contains("cancelled", File.ReadAllText(runs.Folder["hung", "result.json"]), StringComparison.Ordinal);
        Assert.True(File.Exists(runs.Folder["hung", "summary.txt"]));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Train_UnderNohup_GoesOnWhenTheTerminalIsClosed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals.");
        using var process = DsdProcess.Start(runs.Folder.Root, [], "nohup", [DsdProcess.DotNet, DsdProcess.Assembly, "train", .. Runs.Long, "--quiet", "--out", "nohup"]);
        process.WaitFor(runs.Folder["nohup", "control", "events.jsonl"], "\"evaluated\"");

        process.Signal(DsdProcess.SigHup);
        var lines = File.ReadAllLines(runs.Folder["nohup", "control", "events.jsonl"]).Length;
        process.WaitUntil(() => File.ReadAllLines(runs.Folder["nohup", "control", "events.jsonl"]).Length > lines + 3, "training goes on");

        process.Signal(DsdProcess.SigTerm);
        Assert.Equal(130, process.Wait().Code);
    }

    private static void TrainingEnds(string file)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!File.Exists(file))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"there is no {file}");
            Thread.Sleep(50);
        }
    }
}
