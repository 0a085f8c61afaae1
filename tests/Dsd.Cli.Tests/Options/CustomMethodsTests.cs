namespace Dsd.Cli.Tests.Options;

/// <summary>Custom criteria and updates in the schedules of a command line.</summary>
public sealed class CustomMethodsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Config_WhoseArmsHaveTheirOwnSchedules_IsCheckedInAll()
    {
        const string Config = """
            { "network": "lenet-300-100", "data": "fashion-mnist", "schedule": { "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "mask": { "criterion": { "custom": { "name": "x" } } } } ] },
              "arms": [ "dsd", "control",
                { "name": "own", "schedule": { "phases": [ { "name": "b", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "mask": { "update": { "custom": { "name": "y", "everySteps": 5 } } } } ] } },
                { "name": "late", "schedule": { "phases": [ { "name": "c", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "mask": { "criterion": "movement" } } ] } } ] }
            """;
        File.WriteAllText(_folder["run.json"], Config);

        var outcome = Train("--config", "run.json");

        string[] problems =
        [
            "dsd: --config run.json: phase 'a' ranks weights by custom 'x', a custom function",
            "dsd: --config run.json, arm 'own': phase 'b' has the mask update custom 'y' every 5 steps, a custom policy",
            "DSD014: arm 'late', phase 1 'c': weights are ranked by their movement in the phase",
        ];
        Assert.Equal(problems.Length, outcome.Error.Split('\n').Count(l => l.StartsWith("dsd: ", StringComparison.Ordinal) && !l.StartsWith("dsd: see ", StringComparison.Ordinal)));
        Assert.All(problems, problem => Assert.Contains(problem, outcome.Error, StringComparison.Ordinal));
    }

    [Fact]
    public void ScheduleFile_AndAnEditOfIt_AreToldApart()
    {
        File.WriteAllText(_folder["schedule.json"], """{ "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "mask": { "criterion": { "custom": { "name": "x" } } } } ] }""");

        var error = Train("--schedule", "schedule.json", "--set", "a.mask={\"update\":{\"custom\":{\"name\":\"y\",\"everySteps\":5}}}").Error;

        Assert.Contains("dsd: --schedule schedule.json: phase 'a' ranks weights by custom 'x'", error, StringComparison.Ordinal);
        Assert.Contains("dsd: --set: phase 'a' has the mask update custom 'y' every 5 steps", error, StringComparison.Ordinal);
    }

    private Outcome Train(params string[] args)
    {
        var outcome = DsdProcess.Run(_folder.Root, ["train", .. args]);
        outcome.Refused();
        return outcome;
    }
}
