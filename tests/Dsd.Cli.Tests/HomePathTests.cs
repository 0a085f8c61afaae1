namespace Dsd.Cli.Tests;

/// <summary><c>~</c> in paths that no shell has expanded: within quotes, after <c>=</c>, in environment variables.</summary>
[Trait("Tier", "slow")]
public sealed class HomePathTests : IDisposable
{
    private readonly TempFolder _home = new();
    private readonly TempFolder _here = new();

    public void Dispose()
    {
        _home.Dispose();
        _here.Dispose();
    }

    [Fact]
    public void EveryPath_MayBeginWithTheHomeFolder()
    {
        File.WriteAllText(_home["schedule.json"], """{ "phases": [ { "name": "only", "duration": "1ep", "rate": 0.1 } ] }""");
        Assert.Contains("only", Run("plan", "--schedule=~/schedule.json").Succeeded().Out, StringComparison.Ordinal);

        string[] refused =
        [
            Run("train", "--schedule", "~/gone.json").Error,
            Run("train", "--init", "~/gone.safetensors").Error,
            Run("train", "--out", "~/schedule.json").Error,
            Run("plan", "--data", "imagenet:~/gone").Error,
            Run("report", "~/gone").Error,
            Run("study", "run", "~/gone.json").Error,
            Run("study", "plan", "~/gone.json").Error,
            Run("study", "status", "~/gone").Error,
            Run("study", "work", "~/gone").Error,
            Run("study", "report", "~/gone").Error,
            Run("study", "compare", "~/gone", "~/gone").Error,
        ];
        Assert.All(refused, message => Assert.Contains(_home.Root, message, StringComparison.Ordinal));
        Assert.All(refused, message => Assert.DoesNotContain("~", message, StringComparison.Ordinal));
        Assert.Empty(_here.Entries());
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("run")]
    public void DataOfAStudy_MayBeginWithTheHomeFolder(string verb)
    {
        File.WriteAllText(_here["study.json"], """
            {
              "name": "own",
              "setting": { "network": "resnet-18", "data": "imagenet:~/gone", "batch": 8 },
              "schedule": { "phases": [ { "duration": "1ep", "rate": 0.01 }, { "duration": "1ep", "rate": 0.01, "sparsity": 0.5 }, { "duration": "1ep", "rate": 0.001 } ] },
              "arms": ["dsd", "control"],
              "seeds": 6
            }
            """);

        var refused = Run("study", verb, "study.json").Error;

        Assert.Contains(_home["gone"], refused, StringComparison.Ordinal);
        Assert.DoesNotContain("~", refused, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("DSD_DATA", "~/data", "data/fashion-mnist")]
    [InlineData("DSD_DATA", "~", "fashion-mnist")]
    [InlineData("XDG_DATA_HOME", "~/xdg", "xdg/dsd/fashion-mnist")]
    public void EnvironmentVariables_MayBeginWithTheHomeFolder(string variable, string value, string place)
    {
        var folder = Directory.CreateDirectory(_home[place]).FullName;
        foreach (var part in new[] { "train", "t10k" })
        {
            File.WriteAllText(Path.Combine(folder, $"{part}-images-idx3-ubyte.gz"), "");
            File.WriteAllText(Path.Combine(folder, $"{part}-labels-idx1-ubyte.gz"), "");
        }

        var environment = new Dictionary<string, string?> { ["HOME"] = _home.Root, ["DSD_DATA"] = null, ["XDG_DATA_HOME"] = null };
        environment[variable] = value;
        Skip.If(NoData.IsImpossible && variable != "DSD_DATA", "A package of the system provides the data.");

        var outcome = DsdProcess.Run(_here.Root, environment, ["data", "list", "fashion-mnist"]).Succeeded();

        Assert.Contains($"  in {folder}", outcome.Out, StringComparison.Ordinal);
    }

    private Outcome Run(params string[] args) => DsdProcess.Run(_here.Root, new() { ["HOME"] = _home.Root }, args);
}
