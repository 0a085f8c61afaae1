namespace Dsd.Examples.Tests;

public sealed class NotebookTests
{
    public static TheoryData<string> Paths() => [.. Notebook.All.Select(n => n.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Notebook_HasTheCodeOfItsScript_AndNoOutputs(string path)
    {
        var notebook = Find(path);
        var file = Path.Combine(Repository.Root, path);
        var wanted = notebook.WithCodeOfScript();
        if (Environment.GetEnvironmentVariable("DSD_UPDATE_NOTEBOOKS") is { Length: > 0 })
        {
            File.WriteAllText(file, wanted);
        }

        Assert.True(wanted == Repository.Read(path), $"{path} is not as {notebook.Script} says. Change the script, then run: DSD_UPDATE_NOTEBOOKS=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter NotebookTests");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Cells_RunInOrder_AndEachShowsItsValue(string path)
    {
        var notebook = Find(path);
        var folder = Path.Combine(Repository.Root, "notebooks");
        var (exit, output, error) = notebook.IsCSharp ? CSharp(notebook, folder) : FSharp(notebook, folder);
        Assert.True(exit == 0 && !error.Contains("error", StringComparison.OrdinalIgnoreCase) && !error.Contains("Exception", StringComparison.Ordinal), output + error);

        // A cell that ends with a value shows it: as many values as the script shows.
        var shown = notebook.CellsOfScript().Count(c => EndsWithValue(c, notebook.IsCSharp));
        Assert.Equal(shown, output.Split("<<value>>").Length - 1);
        Assert.True(output.Split("<<chart>>").Length - 1 >= 2, $"the notebook shows too few pictures: {output}");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Prose_ComesBeforeCode_AndItsLinksLeadSomewhere(string path)
    {
        var cells = Find(path).Cells;
        Assert.Equal("markdown", (string?)cells[0]["cell_type"]);
        var prose = string.Concat(cells.Where(c => (string?)c["cell_type"] == "markdown").SelectMany(c => c["source"]!.AsArray()).Select(line => (string)line!));
        Assert.True(prose.Length > 1000, "too little is said");
        Assert.All(
            System.Text.RegularExpressions.Regex.Matches(prose, @"\]\((?!https://)([^)]+)\)").Select(m => m.Groups[1].Value),
            link => Assert.True(File.Exists(Path.Combine(Repository.Root, "notebooks", link)), link));
    }

    // Finds a value's own display as the kernel does: by an attribute's name, with nothing of this library at hand.
    private const string Shown = """
        let shown (value: obj) =
            let html =
                value.GetType().GetCustomAttributes(true)
                |> Seq.tryFind (fun a -> a.GetType().Name = "TypeFormatterSourceAttribute")
                |> Option.map (fun a ->
                    let source = a.GetType().GetProperty("FormatterSourceType").GetValue a :?> System.Type
                    let formatters = source.GetMethod("CreateTypeFormatters").Invoke(System.Activator.CreateInstance source, [||]) :?> System.Collections.IEnumerable
                    let formatter = formatters |> Seq.cast<obj> |> Seq.head
                    use writer = new System.IO.StringWriter()
                    formatter.GetType().GetMethod("Format").Invoke(formatter, [| value; writer |]) |> ignore
                    writer.ToString())
            printfn "<<value>> %s" (match html with Some h when h.Contains "dsd-chart" -> "<<chart>>" | Some h when h.Contains "<table" -> "<<table>>" | _ -> string value)
        """;

    private static Notebook Find(string path) => Notebook.All.Single(n => n.Path == path);

    private static bool EndsWithValue(string cell, bool isCSharp)
    {
        var last = cell.Split('\n')[^1];
        return isCSharp ? !last.EndsWith(';') && !last.EndsWith('}') : IsExpression(cell);
    }

    /// <summary>Whether an F# cell ends with an expression at its margin, and not with a definition or directive.</summary>
    private static bool IsExpression(string cell)
    {
        var paragraph = cell.Split("\n\n")[^1].Split('\n').Last(line => line.Length > 0 && !char.IsWhiteSpace(line[0]) && line[0] is not ')' and not '}' and not ']');
        return !new[] { "let ", "open ", "#", "//", "torch.manual_seed" }.Any(paragraph.StartsWith);
    }

    /// <summary>The engine of the F# kernel: each cell is one interaction, and its value is printed by our own texts.</summary>
    private static (int ExitCode, string Output, string Error) FSharp(Notebook notebook, string folder)
    {
        var marked = notebook.Code.Select(cell => IsExpression(cell) ? $"{cell}\n;;\nshown it" : cell);
        var text = string.Join('\n', marked.Prepend(Shown).Select(cell => $"{cell}\n;;")) + "\n#quit;;\n";
        return Interactive(folder, text);
    }

    private static (int ExitCode, string Output, string Error) Interactive(string folder, string text)
    {
        using var temp = new TempFolder();
        var input = temp["cells.fsx"];
        File.WriteAllText(input, text);
        return ChildProcess.Run(folder, TimeSpan.FromMinutes(5), "sh", ["-c", $"dotnet fsi --nologo --quiet < '{input}'"], ("DSD_QUICK", "1"));
    }

    /// <summary>The engine of the C# kernel, in a process that knows nothing of this library.</summary>
    private static (int ExitCode, string Output, string Error) CSharp(Notebook notebook, string folder) => ChildProcess.Run(
        folder,
        TimeSpan.FromMinutes(5),
        "dotnet",
        ["run", Path.Combine(Repository.Root, "tests", "Dsd.Examples.Tests", "CSharpCells", "cells.cs"), "--", Path.Combine(Repository.Root, notebook.Path)],
        ("DSD_QUICK", "1"));
}
