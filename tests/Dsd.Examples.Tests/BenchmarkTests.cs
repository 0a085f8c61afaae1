using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>Whether measuring works, small; what is measured is looked at by people.</summary>
[Trait("Tier", "slow")]
public sealed class BenchmarkTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static string Program { get; } = Path.Combine(Repository.Root, "tests", "Dsd.Benchmarks", "bin", Repository.Configuration, "net10.0", "Dsd.Benchmarks.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Quick_EveryCase_HasRowsInTableAndFile()
    {
        var cases = Run("--list").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Regex.Split(line, "  +")[0]).ToList();

        var (exit, output, error) = Run("--quick", "--rounds", "1", "--json", _folder["all.json"], "--chart", _folder["growth.html"]);

        Assert.True(exit == 0, output + error);
        var lines = output.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(cases, lines.Select(cells => cells[1]).Distinct());
        Assert.All(lines, cells => Assert.Contains(cells[7], cells[3].Length == 0 ? ["skipped"] : cells[6].Length == 0 ? [""] : new[] { "meets", "misses" }));
        Assert.DoesNotContain('\u001b', output + error);
        Assert.Contains($"[{cases.Count}/{cases.Count}] ", error, StringComparison.Ordinal);
        using var file = JsonDocument.Parse(File.ReadAllText(_folder["all.json"]));
        Assert.Equal(lines.Count, file.RootElement.GetProperty("rows").GetArrayLength());
        Assert.Contains("dsdDraw(\"dsd-", File.ReadAllText(_folder["growth.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownFilter_IsRefused_WithTheNamesThatThereAre()
    {
        var (exit, output, error) = Run("--filter", "nothing-like-it");

        Assert.Equal((2, ""), (exit, output));
        Assert.Matches("no case has 'nothing-like-it' in its name; there are steps mlp, .*, first step\\.", error);
    }

    [Fact]
    public void Help_TeachesByExample()
    {
        var (exit, output, _) = Run("--help");

        Assert.Equal(0, exit);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Contains("--filter growth --chart growth.html", output, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments) => Repository.Run("dotnet", [Program, .. arguments]);
}
