using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The checks for machines with a GPU run on the CPU too, small.</summary>
public sealed class DeviceCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static string Program { get; } = Path.Combine(Repository.Root, "tests", "Dsd.DeviceChecks", "bin", Repository.Configuration, "net10.0", "Dsd.DeviceChecks.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Tier", "slow")]
    public void Quick_OnTheCpu_PassesEveryStageAndLeavesItsFile()
    {
        var stages = Run("--list").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).ToList();

        var (exit, output, error) = Run("--device", "cpu", "--quick", "--out", _folder["results"]);

        Assert.True(exit == 0, output + error);
        Assert.Equal("", error);
        var table = output.TrimEnd().Split('\n')[^(stages.Count + 1)..];
        Assert.Matches(@"^stage +result +seconds", table[0]);
        Assert.Equal(stages, table.Skip(1).Select(line => line.Split(' ')[0]));
        Assert.All(table.Skip(1), line => Assert.Matches(@"^\w+ +passed +\d+\.\d", line));
        Assert.All(stages, stage =>
        {
            using var file = JsonDocument.Parse(File.ReadAllText(_folder["results", $"{stage}.json"]));
            Assert.Equal("passed", file.RootElement.GetProperty("status").GetString());
            Assert.NotEmpty(file.RootElement.GetProperty("findings").EnumerateArray());
        });
        Assert.Contains("training: sessions: ✓ ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void AStage_ThatIsStoppedOrCannotRun_IsSaidInTableAndFileAndTheNextRuns()
    {
        // There is no time for so many cases, and no GPU in a build for the CPU.
        var (stopped, output, _) = Run("--stages", "laws,environment", "--minutes", "0.1", "--cases", "5000", "--out", _folder["stopped"]);
        Assert.Equal(1, stopped);
        Assert.Matches(@"\nlaws +failed +\d.*  it was stopped after its 5 seconds", output);
        Assert.Contains("it was stopped", File.ReadAllText(_folder["stopped", "laws.json"]), StringComparison.Ordinal);
        Assert.Matches(@"\nenvironment +\w+ ", output);

        if (Repository.TorchBackend == "cpu")
        {
            var (exit, text, _) = Run("--stages", "environment", "--device", "cuda", "--out", _folder["cuda"]);
            Assert.Equal(1, exit);
            Assert.Contains("--device cuda: libtorch finds no GPU.", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--device gpu: there is no such device; allowed are cpu, cuda and cuda:N.", "--device", "gpu")]
    [InlineData("There is no stage 'speed'; there are environment, laws, ", "--stages", "speed")]
    [InlineData("--minutes is from 0.1 to 1440; got '0'.", "--minutes", "0")]
    [InlineData("--cases is from 1 to 100000; got 'many'.", "--cases", "many")]
    public void BadInput_IsRefused_WithWhatIsAllowed(string message, params string[] arguments)
    {
        var (exit, _, error) = Run(arguments);
        Assert.Equal(2, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_OfThePage_AreThoseOfTheProgram()
    {
        var rows = Regex.Matches(Repository.Read("core/docs/gpu.md"), @"^\| `(\w+)` \|", RegexOptions.Multiline).Select(m => m.Groups[1].Value);
        Assert.Equal(Run("--list").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]), rows);
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments) => Repository.Run("dotnet", [Program, .. arguments]);
}
