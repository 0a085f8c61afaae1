using System.Text;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>Links between the repository's files lead somewhere, on every page.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] s_notTracked = ["bin", "obj", "runs", "packages", "TestResults", "_site", "node_modules"];

    public static TheoryData<string> Pages() =>
        [.. Directory.EnumerateFiles(Repository.Root, "*.md", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
            .Where(f => !f.Split('/')[..^1].Any(folder => s_notTracked.Contains(folder) || folder == ".git"))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_OfEveryPage_LeadToAFileAndAHeading(string page) =>
        Assert.Empty(Broken(page, Repository.Read(page)));

    [Theory]
    [InlineData("[a](LICENSE), ![b](core/pictures/growth.png) and [c](core)", "")]
    [InlineData("[a](core/README.md#the-laws), [b](#here), `[c](none.md)`, [d](https://example.org/none)\n# Here\n```\n[e](none.md)\n```\n", "")]
    [InlineData("[a](none.md)", "none.md")]
    [InlineData("![a](core/none.png)", "core/none.png")]
    [InlineData("[a](core/README.md#no-such-heading)", "core/README.md#no-such-heading")]
    [InlineData("[a](#nowhere)\n# Here\n", "#nowhere")]
    [InlineData("[`a`](none.cs)", "none.cs")]
    [InlineData("[a](../LICENSE)", "../LICENSE")]
    public void Broken_OfAPageInTheRoot_AreThoseThatLeadNowhere(string text, string expected) =>
        Assert.Equal(expected.Length == 0 ? [] : [expected], Broken("page.md", text));

    [Fact]
    public void Scripts_AreAllOnTheirPage()
    {
        var listed = Link().Matches(Repository.Read("scripts/README.md")).Select(m => m.Groups["target"].Value);
        var there = Directory.GetFiles(Path.Combine(Repository.Root, "scripts")).Select(f => Path.GetFileName(f)!).Where(f => f.EndsWith(".fsx", StringComparison.Ordinal) || f.EndsWith(".cs", StringComparison.Ordinal));

        Assert.Equal(there.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    /// <summary>The links of a page that lead to nothing within the repository.</summary>
    private static List<string> Broken(string page, string text)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        var prose = Fence().Replace(text, "");
        return [.. Link().Matches(prose).Select(m => m.Groups["target"].Value).Where(target => !Scheme().IsMatch(target) && !Leads(target)).Distinct()];

        bool Leads(string target)
        {
            var parts = target.Split('#', 2);
            var path = Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(parts[0])));
            var isHere = parts[0].Length == 0;
            if (!isHere && (!path.StartsWith(Repository.Root.TrimEnd('/', '\\'), StringComparison.Ordinal) || !Path.Exists(path)))
            {
                return false;
            }

            return parts.Length == 1 || !(isHere || path.EndsWith(".md", StringComparison.Ordinal)) || Headings(isHere ? prose : Fence().Replace(File.ReadAllText(path), "")).Contains(parts[1]);
        }
    }

    /// <summary>The names by which headings are linked to: small letters, digits and hyphens.</summary>
    private static IEnumerable<string> Headings(string text) => Heading().Matches(text).Select(m =>
    {
        var name = new StringBuilder();
        foreach (var c in m.Groups[1].Value.Trim().ToLowerInvariant())
        {
            name.Append(char.IsLetterOrDigit(c) || c is '-' or '_' ? c.ToString() : c == ' ' ? "-" : "");
        }

        return name.ToString();
    });

    [GeneratedRegex(@"(?<!`)\[(?:[^\[\]]|`[^`]*`|!\[[^\]]*\]\([^)]*\))*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^[a-z]+:")]
    private static partial Regex Scheme();
}
