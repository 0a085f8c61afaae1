using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The notebooks, in the kernel that runs them and as they lie in the repository.</summary>
/// <remarks>With the variable <c>DSD_UPDATE_NOTEBOOKS</c> set, the notebooks are written; <c>notebooks/execute.sh</c> sets it.</remarks>
[Collection("Notebooks")]
public sealed partial class NotebookTests
{
    private const int LargestFile = 500_000;

    private static readonly bool s_update = Environment.GetEnvironmentVariable("DSD_UPDATE_NOTEBOOKS") is { Length: > 0 };

    public static TheoryData<string> Paths() => [.. Notebook.Paths];

    [SkippableTheory]
    [MemberData(nameof(Paths))]
    [Trait("Tier", "slow")]
    public void Notebook_InTheKernel_ShowsWhatIsInItsFile(string path)
    {
        Skip.If(Jupyter.Missing is not null, Jupyter.Missing);
        if (s_update)
        {
            Skip.If(Browser.Path is null, Browser.Missing);
            var written = new Notebook(path);
            written.TakeCodeOfScript();
            written.TakeOutputs();
            File.WriteAllText(Path.Combine(Repository.Root, path), written.ToString());
        }

        var notebook = new Notebook(path);
        var exactly = !notebook.DependsOnQuick;
        var live = notebook.Run(quick: true);
        foreach (var (shown, kept) in live.Zip(notebook.Code))
        {
            var (now, then) = (NotebookOutputs.Outline(shown, exactly), NotebookOutputs.Outline(kept, exactly));
            Assert.True(now.SequenceEqual(then), $"{path} is out of date; run notebooks/execute.sh.\nCell:\n{Notebook.Source(kept)}\nIn the kernel:\n{string.Join('\n', now)}\nIn the file:\n{string.Join('\n', then)}");
        }

        Assert.True(live.Sum(c => NotebookOutputs.Outline(c, false).Count(o => o.StartsWith("chart: ", StringComparison.Ordinal))) >= 2, "the notebook shows too few charts");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Notebook_HasTheCodeOfItsScript_AndItsOutputs(string path)
    {
        var notebook = new Notebook(path);
        notebook.TakeCodeOfScript();
        Assert.True(notebook.ToString() == Repository.Read(path), $"{path} is not as {notebook.Script} says. Change the script, then run notebooks/execute.sh.");
        Assert.True(notebook.Executed == notebook.Fingerprint, $"the outputs of {path} are of other code; run notebooks/execute.sh.");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void File_CanBeReadOnACodeHost(string path)
    {
        var text = Repository.Read(path);
        Assert.InRange(text.Length, 1, LargestFile);
        var notebook = new Notebook(path);
        Assert.All(notebook.Code, cell => Assert.Equal(ShowsValue(Notebook.Source(cell), notebook.IsCSharp), NotebookOutputs.Shown(cell).Count > 0));

        // Nothing of the machine that it was run on, and nothing that needs a program to be seen.
        var outputs = string.Concat(notebook.Code.Select(c => c["outputs"]!.ToJsonString()));
        Assert.Contains("\"image/png\"", outputs);
        Assert.DoesNotMatch(Foreign(), Picture().Replace(outputs, ""));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Prose_ComesBeforeCode_AndItsLinksLeadSomewhere(string path)
    {
        var cells = new Notebook(path).Cells;
        Assert.Equal("markdown", (string?)cells[0]["cell_type"]);
        var prose = string.Concat(cells.Where(c => (string?)c["cell_type"] == "markdown").Select(Notebook.Source));
        Assert.True(prose.Length > 1000, "too little is said");
        Assert.All(
            Link().Matches(prose).Select(m => m.Groups[1].Value),
            link => Assert.True(File.Exists(Path.Combine(Repository.Root, "notebooks", link)), link));
    }

    /// <summary>Whether a cell ends with a value, which the kernel shows.</summary>
    private static bool ShowsValue(string cell, bool isCSharp)
    {
        if (isCSharp)
        {
            return cell[^1] is not ';' and not '}';
        }

        // F#: with an expression at its margin, and not with a definition or directive.
        var last = cell.Split("\n\n")[^1].Split('\n').Last(line => line.Length > 0 && !char.IsWhiteSpace(line[0]) && line[0] is not ')' and not '}' and not ']');
        return !new[] { "let ", "open ", "#", "//", "torch.manual_seed" }.Any(last.StartsWith);
    }

    [GeneratedRegex(@"\]\((?!https://)([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("\"image/png\":\"[^\"]*\"")]
    private static partial Regex Picture();

    [GeneratedRegex(@"<script|dotnet-interactive|/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\|\d+\.\d+\.\d+\.\d+")]
    private static partial Regex Foreign();
}
