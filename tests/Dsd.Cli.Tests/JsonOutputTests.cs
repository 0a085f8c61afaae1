using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Cli.Tests;

/// <summary>The objects that commands print with <c>--json</c> have the fields of the page that documents them, and no others.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed partial class JsonOutputTests(Runs runs) : IDisposable
{
    /// <summary>Objects whose fields are names of metrics, settings or the like.</summary>
    private static readonly string[] s_maps = ["settings", "test", "validation", "runtime"];

    /// <summary>Objects that other pages describe, or whose few fields stand in the text.</summary>
    private static readonly string[] s_described = ["metadata", "setting", "schedule", "small", "study", "leftOut", "dataProblems", "failed", "extensions", "baselines", "labelNoise", "updates"];

    private static readonly string s_page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "json-output.md"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dsd train")]
    [InlineData("dsd plan")]
    [InlineData("dsd report")]
    [InlineData("dsd runs")]
    [InlineData("dsd compare")]
    [InlineData("dsd inspect")]
    [InlineData("dsd models")]
    [InlineData("dsd models NAME")]
    [InlineData("dsd methods")]
    [InlineData("dsd methods NAME")]
    [InlineData("dsd data list")]
    [InlineData("dsd data list NAME")]
    [InlineData("dsd study plan")]
    [InlineData("dsd study run")]
    public void Fields_AreThoseOfThePage(string command)
    {
        var documented = Documented(command);
        var printed = Objects(command).SelectMany(o => Fields(o, "")).Distinct().ToList();

        Assert.Empty(printed.Except(documented.Select(d => d.Field)));
        Assert.Empty(documented.Where(d => !d.IsOptional).Select(d => d.Field).Except(printed));
    }

    [Fact]
    public void Page_HasEveryCommandWithJson() => Assert.Equal(
        ["compare", "data list", "data list NAME", "inspect", "methods", "methods NAME", "models", "models NAME", "plan", "report", "runs", "study plan", "study run", "train"],
        Headings().Matches(s_page).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));

    private IEnumerable<JsonElement> Objects(string command)
    {
        _ = (runs.Json, runs.Other);
        return command switch
        {
            "dsd train" => [Runs.Object(runs.Json.Out)],
            "dsd plan" => [Of("plan", "--model", "lenet-300-100", "--json")],
            "dsd report" => [Of("report", "json", "--json")],
            "dsd runs" => [Of("runs", ".", "--json")],
            "dsd compare" => [Of("compare", "json", "other", "--json")],
            "dsd inspect" => [Of("inspect", Path.Combine("json", "dsd", "2-sparse.safetensors"), "--json")],
            "dsd models" => [Of("models", "--json")],
            "dsd models NAME" => [Of("models", "resnet-18", "--json"), Of("models", "lenet-5", "--json")],
            "dsd methods" => [Of("methods", "--json")],
            "dsd methods NAME" => [Of("methods", "rigl", "--json"), Of("methods", "dsd", "--json")],
            "dsd data list" => [Of("data", "list", "--json")],
            "dsd data list NAME" => [Of("data", "list", "fashion-mnist", "--json")],
            "dsd study plan" => [Of("study", "plan", Study(), "--json")],
            _ => [Of("study", "run", Study(), "--out", _folder["study"], "--json", "--quiet")],
        };
    }

    private JsonElement Of(params string[] args) => Runs.Object(DsdProcess.Run(runs.Folder.Root, args).Succeeded().Out);

    private string Study()
    {
        var file = _folder["small.json"];
        File.WriteAllText(file, """
            {
              "name": "small", "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 320 },
              "schedule": { "phases": [
                { "name": "dense", "duration": "4st", "rate": 0.02 },
                { "name": "sparse", "duration": "4st", "rate": 0.002, "sparsity": 0.5 },
                { "name": "redense", "duration": "4st", "rate": 0.0002 } ] },
              "arms": ["dsd", "control"], "seeds": [1, 2], "gates": { "recovered": true }, "evaluateTrain": true
            }
            """);
        return file;
    }

    private static IEnumerable<string> Fields(JsonElement node, string path) => s_described.Contains(path.Split('.')[^1]) ? [] : node.ValueKind switch
    {
        JsonValueKind.Object when s_maps.Contains(path.Split('.')[^1]) => node.EnumerateObject().SelectMany(f => Fields(f.Value, $"{path}.*")).Prepend($"{path}.*"),
        JsonValueKind.Object => node.EnumerateObject().SelectMany(f => Fields(f.Value, Below(path, f.Name)).Prepend(Below(path, f.Name))),
        JsonValueKind.Array => node.EnumerateArray().SelectMany(item => Fields(item, $"{path}[]")),
        _ => [],
    };

    private static string Below(string path, string field) => path.Length > 0 ? $"{path}.{field}" : field;

    /// <summary>The fields in the table below a command's heading; those that are not always there have a question mark.</summary>
    private static List<(string Field, bool IsOptional)> Documented(string command)
    {
        var section = s_page.Split("\n## ").Single(s => s.StartsWith($"`{command} --json`\n", StringComparison.Ordinal));
        return [.. Rows().Matches(section).Select(m => (m.Groups[1].Value.TrimEnd('?'), m.Groups[1].Value.EndsWith('?')))];
    }

    [GeneratedRegex("^\\| `([^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("^## `dsd ([^`]+) --json`$", RegexOptions.Multiline)]
    private static partial Regex Headings();
}
