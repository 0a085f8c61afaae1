using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>A notebook: its prose is its own, its code is that of the script that its metadata name.</summary>
/// <remarks>
/// A script's cells begin with lines <c>// %% title</c>; what stands before the first is for those who run the script. A notebook
/// shows the value that its cell ends with, where a script prints it.
/// </remarks>
internal sealed partial class Notebook
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly JsonObject _content;

    private Notebook(string path)
    {
        Path = path;
        _content = JsonNode.Parse(Repository.Read(path))!.AsObject();
    }

    public static IReadOnlyList<Notebook> All { get; } =
        [.. Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "notebooks"), "*.ipynb").Order(StringComparer.Ordinal).Select(f => new Notebook($"notebooks/{System.IO.Path.GetFileName(f)}"))];

    /// <summary>Its path from the repository's root.</summary>
    public string Path { get; }

    /// <summary>The script whose code it has, from the repository's root.</summary>
    public string Script => (string)_content["metadata"]!["dsd"]!["script"]!;

    public bool IsCSharp => Script.EndsWith(".cs", StringComparison.Ordinal);

    public IReadOnlyList<JsonObject> Cells => [.. _content["cells"]!.AsArray().Select(c => c!.AsObject())];

    public IReadOnlyList<string> Code => [.. Cells.Where(IsCode).Select(Source)];

    /// <summary>The notebook as the file should be, with the script's code in its code cells.</summary>
    public string WithCodeOfScript()
    {
        var code = CellsOfScript();
        var cells = Cells.Where(IsCode).ToList();
        Assert.True(code.Count == cells.Count, $"{Path} has {cells.Count} cells of code, {Script} has {code.Count}.");
        foreach (var (cell, text) in cells.Zip(code))
        {
            var lines = text.Split('\n');
            cell["source"] = new JsonArray([.. lines.Select((line, i) => (JsonNode)(i < lines.Length - 1 ? line + "\n" : line))]);
            cell["outputs"] = new JsonArray();
            cell["execution_count"] = null;
        }

        return _content.ToJsonString(s_options).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>The cells of the script, as a notebook runs them.</summary>
    public IReadOnlyList<string> CellsOfScript()
    {
        var cells = Marker().Split(Repository.Read(Script)).Skip(1).Select(c => c.Trim('\n')).ToList();
        return [.. cells.Select(c => IsCSharp ? CSharp(c) : FSharp(c))];
    }

    private static string FSharp(string cell) =>
        Show().Replace(Bracketed().Replace(Load().Replace(cell, "#load \"../scripts/$1\""), "$1"), "");

    private static string CSharp(string cell)
    {
        if (cell.Contains("#:project", StringComparison.Ordinal))
        {
            string[] assemblies = ["TorchSharp", "Dsd", "Dsd.Models", "Dsd.Data", "Dsd.Charts"];
            var references = string.Join('\n', assemblies.Select(a => $"#r \"../core/Dsd.FSharp/bin/Release/net10.0/{a}.dll\""));
            var rest = string.Join('\n', cell.Split('\n').Where(line => !line.StartsWith("#:", StringComparison.Ordinal))).Trim('\n');
            return $"{references}\n\n{rest}\nDsd.Native.NativeTorch.Load();";
        }

        return Print().Replace(cell, "$1");
    }

    private static bool IsCode(JsonObject cell) => (string?)cell["cell_type"] == "code";

    private static string Source(JsonObject cell) => string.Concat(cell["source"]!.AsArray().Select(line => (string)line!));

    [GeneratedRegex("^// %% .*\n", RegexOptions.Multiline)]
    private static partial Regex Marker();

    [GeneratedRegex("^#load \"(.*)\"", RegexOptions.Multiline)]
    private static partial Regex Load();

    [GeneratedRegex(@"^show \((.*)\)$", RegexOptions.Multiline)]
    private static partial Regex Bracketed();

    [GeneratedRegex("^show ", RegexOptions.Multiline)]
    private static partial Regex Show();

    [GeneratedRegex("^Console\\.WriteLine\\((.*?)(?:\\.Save\\(\"[^\"]*\"\\))?\\);$", RegexOptions.Multiline)]
    private static partial Regex Print();
}
