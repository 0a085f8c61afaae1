using System.Globalization;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>notebooks/evidence/independent: the check is short and independent, and its page has the results that it wrote.</summary>
public partial class IndependentCheckTests
{
    private const string Folder = "notebooks/evidence/independent";
    private const double Rounding = 1e-5;

    [Fact]
    public void Check_IsShort_AndNeedsNothingButNumPy()
    {
        var lines = Repository.Read($"{Folder}/check.py").TrimEnd('\n').Split('\n');

        Assert.InRange(lines.Length, 1, 100);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 150));
        Assert.Equal(
            ["csv", "gzip", "json", "math", "numpy", "pathlib", "sys"],
            lines.SelectMany(l => Import().Match(l) is { Success: true } m ? m.Groups["names"].Value.Split(", ") : []).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("results.csv")]
    [InlineData("faults.csv")]
    public void Page_HasTheRowsThatTheCheckWrote(string file)
    {
        var page = Repository.Read($"{Folder}/README.md").Split('\n');
        var rows = Repository.Read($"{Folder}/{file}").TrimEnd('\n').Split('\n').Select(row => $"| {row.Replace(",", " | ", StringComparison.Ordinal)} |").ToList();
        var first = Array.IndexOf(page, rows[0]);

        Assert.True(first >= 0, $"the page has no table with the titles of {file}: {rows[0]}");
        Assert.Equal(rows[1..], page.Skip(first + 2).TakeWhile(line => line.StartsWith('|')));
    }

    [Fact]
    public void Results_OfThreeSeedsAndBothArms_DifferByRounding()
    {
        var csv = new Csv(Repository.Read($"{Folder}/results.csv"));
        var arms = from seed in new[] { "1", "2", "3" } from arm in new[] { "dsd", "control" } select (seed, arm);

        Assert.Equal(arms, csv.Rows.Select(r => (csv.At(r, "seed"), csv.At(r, "arm"))).Distinct());
        Assert.Equal(24, csv.Rows.Count);
        Assert.All(csv.Rows, row =>
        {
            Assert.All(["difference", "steps", "weights"], title => Assert.InRange(Number(row, title), 0, Rounding));
            Assert.Equal(Number(row, "loss Dsd"), Number(row, "loss NumPy"), Rounding);
            Assert.Equal(Number(row, "right Dsd"), Number(row, "right NumPy"), 2.0);
            Assert.Equal((0, 0), (Number(row, "mask"), Number(row, "rule")));
        });

        double Number(Studies.CsvLine row, string title) => double.Parse(csv.At(row, title), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Faults_AreInOneLineOfTheCheck_AndWereFound()
    {
        var check = Repository.Read($"{Folder}/check.py");
        var faults = Fault().Matches(Repository.Read($"{Folder}/faults.py"));
        var csv = new Csv(Repository.Read($"{Folder}/faults.csv"));

        Assert.All(faults, fault => Assert.Equal(2, check.Split(fault.Groups["line"].Value).Length));
        Assert.Equal(
            faults.Select(f => (f.Groups["name"].Value, "1")).Prepend(("none", "0")),
            csv.Rows.Select(r => (csv.At(r, "fault"), csv.At(r, "exit code"))));
    }

    [GeneratedRegex(@"^\s*(from (?<names>\S+) import|import (?<names>[\w, ]+?)( as \w+)?$)")]
    private static partial Regex Import();

    [GeneratedRegex(@"^    \(""(?<name>[^""]+)"", ""(?<line>[^""]+)"", ", RegexOptions.Multiline)]
    private static partial Regex Fault();
}
