using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>core/README.md names every room, and the index of decisions every decision.</summary>
public partial class CorePagesTests
{
    private const string Decisions = "core/docs/decisions";

    private static readonly string s_page = Repository.Read("core/README.md");

    [Fact]
    public void Rooms_OfThePage_AreTheProjectsAndFoldersOfCore()
    {
        var projects = Folders("core").Where(name => name.StartsWith("Dsd.", StringComparison.Ordinal));
        var folders = Folders("core/Dsd").Select(name => $"Dsd/{name}");

        var listed = Row().Matches(s_page).SelectMany(row => Room().Matches(row.Value)).Select(m => m.Groups[1].Value);
        Assert.Equal(projects.Concat(folders).Append("Dsd").Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ReadingPath_OfThePage_HasAsManyFilesAsItSays()
    {
        var path = s_page.Split("## Reading path\n")[1].Split("That is the longest chain: ");
        Assert.Equal(int.Parse(path[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), SourceLink().Count(path[0]));
    }

    [Fact]
    public void Decisions_InTheFolder_AreInTheIndexByTheirTitle()
    {
        var pages = Directory.GetFiles(Path.Combine(Repository.Root, Decisions), "*.md").Select(f => Path.GetFileName(f)!).Where(name => name != "README.md").Order(StringComparer.Ordinal).ToList();
        var titles = pages.Select(name => $"- [{name[..3]}]({name}) {Repository.Read($"{Decisions}/{name}").Split('\n')[0][6..]}");

        Assert.Equal(titles, Repository.Read($"{Decisions}/README.md").Split('\n').Where(line => line.StartsWith("- [", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(pages.Count, pages.Select(name => name[..3]).Distinct().Count());
        Assert.All(pages, name => Assert.Equal(
            [$"# {name[..3]}", "Status: ", "## Context", "## Decision", "## Consequences"],
            Part().Matches(Repository.Read($"{Decisions}/{name}")).Select(m => m.Value)));
    }

    private static IEnumerable<string> Folders(string of) =>
        Directory.GetDirectories(Path.Combine(Repository.Root, of)).Select(f => Path.GetFileName(f)!).Where(name => name is not ("bin" or "obj"));

    [GeneratedRegex(@"^\| `Dsd[^|]*\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(Dsd[^`]*)`")]
    private static partial Regex Room();

    [GeneratedRegex(@"\]\((?:Dsd|\.\.)[^)]*\.cs\)")]
    private static partial Regex SourceLink();

    [GeneratedRegex(@"^(?:# \d{3}|Status: |## .+)", RegexOptions.Multiline)]
    private static partial Regex Part();
}
