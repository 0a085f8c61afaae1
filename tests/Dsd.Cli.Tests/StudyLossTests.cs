using System.Text.Json;

namespace Dsd.Cli.Tests;

/// <summary>Studies whose disk is full or lost, whose workers are too many, or whose terminal is closed.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class StudyLossTests(Runs runs)
{
    private static string Study(string name, int steps, int seeds = 2) => $$"""
        {
          "name": "{{name}}",
          "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 6400 },
          "schedule": { "phases": [
            { "duration": "{{steps}}st", "rate": 0.05 },
            { "duration": "{{steps}}st", "rate": 0.005, "sparsity": 0.5 },
            { "duration": "{{steps}}st", "rate": 0.0005 } ] },
          "arms": ["dsd", "control"],
          "seeds": {{seeds}}
        }
        """;

    private string Write(string name, int steps, int seeds = 2)
    {
        File.WriteAllText(runs.Folder[$"{name}.json"], Study(name, steps, seeds));
        return $"{name}.json";
    }

    [SkippableTheory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(1500)]
    public void Run_OnADiskThatIsFull_EndsWithOneAndNamesItAndGoesOnLater(int kilobytes)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "A small disk can be mounted on Linux only.");
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["disk"]);
        using var trial = DsdProcess.Start(folder.Root, [], "bash", ["-c", "unshare -rm mount -t tmpfs -o size=16k tmpfs disk"]);
        Skip.IfNot(trial.Wait().Code == 0, "A small disk cannot be mounted here.");
        File.WriteAllText(folder["full.json"], Study("full", 4));

        using var process = DsdProcess.Start(
            folder.Root,
            [],
            "unshare",
            [
                "-rm", "bash", "-c",
                $"mount -t tmpfs -o size={kilobytes}k tmpfs disk; '{DsdProcess.DotNet}' '{DsdProcess.Assembly}' study run full.json --out disk/study --workers 2; code=$?; cp -r disk copy; exit $code",
            ]);
        var outcome = process.Wait();

        Assert.True(outcome.Code == 1, $"exit code {outcome.Code}\n{outcome.Error}");
        Assert.Contains("No space left on device", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("disk", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        if (Directory.Exists(folder["copy", "study", "claims"]))
        {
            Assert.Empty(Directory.EnumerateFiles(folder["copy", "study", "claims"]));
        }

        Assert.Empty(Directory.Exists(folder["copy"]) ? Directory.EnumerateFiles(folder["copy"], "*.part", SearchOption.AllDirectories) : []);

        // With room again, the same command goes on.
        DsdProcess.Run(folder.Root, "study", "run", "full.json", "--out", folder["copy", "study"], "--workers", "1", "--quiet").Succeeded();
    }

    [Fact]
    public void Run_WhoseFolderIsDeleted_EndsWithOneAndSaysSo()
    {
        var study = Write("gone", 20_000);
        using var process = DsdProcess.Start(runs.Folder.Root, "study", "run", study, "--out", "gone", "--workers", "1");
        process.WaitUntil(() => Events("gone") > 0, "a trial has begun");

        Directory.Delete(runs.Folder["gone"], recursive: true);
        var outcome = process.Wait();

        Assert.Equal(1, outcome.Code);
        Assert.Contains("the folder was deleted or moved", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithMoreWorkersThanOpenBlocks_StartsNoMoreThanThose()
    {
        var study = Write("many", 2);

        var outcome = DsdProcess.Run(runs.Folder.Root, "study", "run", study, "--out", "many", "--workers", "10000").Succeeded();

        Assert.Contains("--workers 10000: 2 blocks are open, and a worker trains one at a time; 2 start", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.True, Runs.Object(DsdProcess.Run(runs.Folder.Root, "study", "status", "many", "--json").Succeeded().Out).GetProperty("judged").ValueKind);
    }

    [SkippableTheory]
    [InlineData(DsdProcess.SigInt)]
    [InlineData(DsdProcess.SigTerm)]
    [InlineData(DsdProcess.SigHup)]
    public void Run_Signalled_StopsItsWorkersAndEndsWith130(int signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals.");
        var name = $"signalled-{signal}";
        using var process = DsdProcess.Start(runs.Folder.Root, "study", "run", Write(name, 20_000), "--out", name, "--workers", "2");
        process.WaitUntil(() => Events(name) > 1, "two trials have begun");

        process.Signal(signal);
        var outcome = process.Wait();

        Assert.Equal(130, outcome.Code);
        Assert.Contains("dsd: interrupted", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"Continue with: dsd study run {name}", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runs.Folder[name, "claims"]));
        Assert.Empty(Directory.EnumerateFiles(runs.Folder[name], "*.part", SearchOption.AllDirectories));
    }

    [SkippableFact]
    public void Run_WithClosedStreams_IsJudged()
    {
        Skip.If(OperatingSystem.IsWindows(), "Its shell cannot close streams.");
        var study = Write("mute", 2);
        using var process = DsdProcess.Start(runs.Folder.Root, [], "bash", ["-c", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' study run {study} --out mute --workers 2 <&- >&- 2>&-"]);

        Assert.Equal(0, process.Wait().Code);

        Assert.True(File.Exists(runs.Folder["mute", "judgement.json"]));
    }

    [Fact]
    public void Status_OfForgedMeasurements_IsRefusedByEveryReader()
    {
        var study = Write("forged", 2);
        DsdProcess.Run(runs.Folder.Root, "study", "run", study, "--out", "forged", "--workers", "1", "--quiet").Succeeded();
        var test = runs.Folder["forged", "trials", "dsd-seed-1", "test.jsonl"];
        File.WriteAllText(test, File.ReadAllText(test).Replace("0.", "0.9", StringComparison.Ordinal));

        foreach (var args in new[] { ["study", "run", study, "--out", "forged"], ["study", "status", "forged"], new[] { "study", "report", "forged" }, ["study", "compare", "forged", "forged"] })
        {
            var outcome = DsdProcess.Run(runs.Folder.Root, args);

            outcome.Refused();
            Assert.Contains("dsd-seed-1/test.jsonl: changed since the study was judged".Replace('/', Path.DirectorySeparatorChar), outcome.Error, StringComparison.Ordinal);
        }
    }

    private int Events(string folder) => Directory.Exists(runs.Folder[folder, "work"])
        ? Directory.EnumerateFiles(runs.Folder[folder, "work"], "events.jsonl", SearchOption.AllDirectories).Count(f => new FileInfo(f).Length > 0)
        : 0;
}
