using System.Security.Cryptography;
using System.Text;
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

    public Notebook(string path)
    {
        Path = path;
        _content = JsonNode.Parse(Repository.Read(path))!.AsObject();
    }

    /// <summary>The paths of all notebooks, from the repository's root.</summary>
    public static IReadOnlyList<string> Paths { get; } =
        [.. Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "notebooks"), "*.ipynb").Order(StringComparer.Ordinal).Select(f => $"notebooks/{System.IO.Path.GetFileName(f)}")];

    /// <summary>Its path from the repository's root.</summary>
    public string Path { get; }

    /// <summary>The script whose code it has, from the repository's root.</summary>
    public string Script => (string)_content["metadata"]!["dsd"]!["script"]!;

    public bool IsCSharp => Script.EndsWith(".cs", StringComparison.Ordinal);

    public IReadOnlyList<JsonObject> Cells => [.. _content["cells"]!.AsArray().Select(c => c!.AsObject())];

    /// <summary>The cells of code.</summary>
    public IReadOnlyList<JsonObject> Code => [.. CodeOf(_content)];

    /// <summary>Whether the code asks if it is to use a slice of the data; where it does not, nothing is trained.</summary>
    public bool DependsOnQuick => Code.Any(c => Source(c).Contains("quick", StringComparison.Ordinal));

    /// <summary>The fingerprint of the code that the outputs in the file come from, as the file says.</summary>
    public string? Executed => (string?)_content["metadata"]!["dsd"]!["executed"];

    /// <summary>The fingerprint of the code in the file.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', Code.Select(Source)))));

    public static IEnumerable<JsonObject> CodeOf(JsonObject content) =>
        content["cells"]!.AsArray().Select(c => c!.AsObject()).Where(c => (string?)c["cell_type"] == "code");

    /// <summary>Puts the script's code into the cells of code; where that changes any, no outputs are left.</summary>
    public void TakeCodeOfScript()
    {
        var code = CellsOfScript();
        Assert.True(code.Count == Code.Count, $"{Path} has {Code.Count} cells of code, {Script} has {code.Count}.");
        if (code.SequenceEqual(Code.Select(Source)))
        {
            return;
        }

        foreach (var (cell, text) in Code.Zip(code))
        {
            var lines = text.Split('\n');
            cell["source"] = new JsonArray([.. lines.Select((line, i) => (JsonNode)(i < lines.Length - 1 ? line + "\n" : line))]);
        }

        Keep([.. Code.Select(_ => new JsonArray())], wereRun: false);
        _content["metadata"]!["dsd"]!.AsObject().Remove("executed");
    }

    /// <summary>Runs all cells in the kernel.</summary>
    /// <param name="quick">Whether on a slice of the data.</param>
    /// <returns>The cells of code with what they showed.</returns>
    public IReadOnlyList<JsonObject> Run(bool quick) => [.. CodeOf(Jupyter.Run(_content, ("DSD_QUICK", quick ? "1" : "")))];

    /// <summary>Runs all cells in full, and takes their outputs as a reader of the file is to see them.</summary>
    public void TakeOutputs()
    {
        Keep(NotebookOutputs.Kept(Run(quick: false)), wereRun: true);
        _content["metadata"]!["dsd"]!["executed"] = Fingerprint;
    }

    /// <summary>The file's text.</summary>
    public override string ToString() => _content.ToJsonString(s_options).ReplaceLineEndings("\n") + "\n";

    private void Keep(IReadOnlyList<JsonArray> outputs, bool wereRun)
    {
        foreach (var ((cell, kept), i) in Code.Zip(outputs).Select((pair, i) => (pair, i)))
        {
            cell["outputs"] = kept;
            cell["execution_count"] = wereRun ? i + 1 : null;
        }
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
            string[] assemblies = ["TorchSharp", "Dsd.Torch", "Dsd", "Dsd.Models", "Dsd.Data", "Dsd.Charts"];
            var references = string.Join('\n', assemblies.Select(a => $"#r \"../core/Dsd.FSharp/bin/Release/net10.0/{a}.dll\""));
            var rest = string.Join('\n', cell.Split('\n').Where(line => !line.StartsWith("#:", StringComparison.Ordinal))).Trim('\n');
            return $"{references}\n\n{rest}\nDsd.Torch.TorchRuntime.Configure();";
        }

        return Print().Replace(cell, "$1");
    }

    public static string Source(JsonObject cell) => string.Concat(cell["source"]!.AsArray().Select(line => (string)line!));

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
