namespace Dsd.Cli.Tests;

/// <summary>A study through Slurm, on a cluster of this one machine; skipped where Slurm cannot be started.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class SlurmTests(Runs runs)
{
    private const int Cannot = 77;

    [SkippableFact]
    public void Launcher_SlurmWithWorkersThatAreStoppedAndKilled_GivesTheResultsOfALocalRun()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Slurm runs on Linux.");
        using var folder = new TempFolder();
        _ = runs;
        using var script = DsdProcess.Start(
            folder.Root,
            new() { ["DSD"] = $"{DsdProcess.DotNet} exec {DsdProcess.Assembly}" },
            "bash",
            [Path.Combine(AppContext.BaseDirectory, "slurm.sh"), folder["slurm"]]);

        // Slurm takes half a minute to run a job again, on an idle machine.
        var outcome = script.Wait(TimeSpan.FromMinutes(10));

        Skip.If(outcome.Code == Cannot, outcome.Out.Trim());
        outcome.Succeeded();
        Assert.Contains("the results are those of a local run", outcome.Out, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Launcher_SlurmWithoutSlurm_SaysSo()
    {
        Skip.If(OperatingSystem.IsWindows(), "The programs that stand for Slurm are shell scripts.");
        File.WriteAllText(runs.Folder["no-slurm.json"], """{"name": "x", "setting": {"network": "lenet-5", "data": "fashion-mnist"}, "schedule": {"phases": [{"duration": "1ep", "rate": 0.1}]}, "seeds": 1}""");

        var outcome = DsdProcess.Run(runs.Folder.Root, new() { ["PATH"] = runs.Folder.Root }, ["study", "run", "no-slurm.json", "--launcher", "slurm"]);

        outcome.Refused();
        Assert.Contains("sbatch cannot be started here", outcome.Error, StringComparison.Ordinal);
    }
}
