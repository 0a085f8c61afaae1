using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Examples.Tests;

public sealed class ReadmeTests
{
    private static readonly string s_page = Repository.Read("README.md");
    private static readonly Lazy<Comparison> s_comparison = new(ReadmeSnippets.Compare);

    [Fact]
    public void CSharp_OnThePage_IsTheCodeThatIsRunHere()
    {
        var source = Repository.Read("tests/Dsd.Examples.Tests/ReadmeSnippets.cs");
        Assert.Equal([Region(source, "compare"), Region(source, "own loop")], Repository.Blocks(s_page, "csharp"));
    }

    [Fact]
    public void CSharp_Comparison_Completes() => Assert.True(s_comparison.Value.IsComplete);

    [Fact]
    public void CSharp_OwnLoop_EndsDenseWithLiveMasksBetween()
    {
        using var model = new LeNet300100();
        var steps = 0;
        ReadmeSnippets.OwnLoop(Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.5, 0.01), model, 2, (m, step) =>
        {
            steps++;

            // The forward pass of step 4 is the first after the mask is lifted: its reborn weights have not moved yet.
            Assert.Equal(step is 2 or 3 or 4, model.get_parameter("fc1.weight")!.count_nonzero().item<long>() <= 117_600);
            return m.call(randn(4, 1, 28, 28)).square().mean();
        });
        Assert.Equal(6, steps);
    }

    [Fact]
    public void Json_OnThePage_IsTheScheduleOfTheCSharp()
    {
        var schedule = Schedule.FromJson(Assert.Single(Repository.Blocks(s_page, "json")));
        Assert.Equal(s_comparison.Value.Runs[0].Start!.Schedule, schedule);
        Assert.Empty(Plan.Check(schedule, LeNet5.Shape(), 859));
    }

    public static TheoryData<string> Commands() =>
        [.. Repository.Blocks(s_page, "bash").SelectMany(b => b.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(line => line.Split("  #")[0].Trim())];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_OnThePage_Works(string command)
    {
        const string Dsd = "dotnet run -c Release --project core/Dsd.Cli -- ";
        if (command is "dotnet test -c Release" or "dotnet build core/Dsd.FSharp -c Release")
        {
            return; // The one runs this test, the other has been done for it.
        }

        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var (exit, output, error) = command.StartsWith(Dsd, StringComparison.Ordinal)
                ? Repository.Run("dotnet", [Path.Combine(Repository.CliFolder, "Dsd.Cli.dll"), .. command[Dsd.Length..].Split(' '), .. Small(command)])
                : Repository.Run("dotnet", command["dotnet ".Length..].Split(' '));
            Assert.True(exit == 0, error);
            Assert.Contains("| ", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        IEnumerable<string> Small(string whole) => whole.EndsWith(" train", StringComparison.Ordinal)
            ? ["--train-limit", "128", "--dense", "1ep", "--sparse", "1ep", "--redense", "1ep", "--out", Path.Combine(folder, "run")]
            : [];
    }

    private static string Region(string source, string name)
    {
        var lines = source.Split($"// [{name}]\n")[1].Split($"// [/{name}]")[0].TrimEnd(' ').Split('\n');
        return string.Join('\n', lines.Select(l => l.Length >= 8 ? l[8..] : l));
    }
}
