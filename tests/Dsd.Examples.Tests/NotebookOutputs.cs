using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>What a notebook's cells showed in the kernel, as it is kept in the file: small, and readable without a kernel.</summary>
/// <remarks>
/// Charts that are interactive in the kernel are kept as pictures, everything else as it is. Left out is what the kernel says of
/// itself, and standard error, where cells say how far they are.
/// </remarks>
internal static partial class NotebookOutputs
{
    // As wide as code hosts show a notebook's outputs, more or less.
    private const int Width = 720;

    /// <summary>The outputs of a cell that a reader is to see.</summary>
    public static IReadOnlyList<JsonObject> Shown(JsonObject cell) =>
        [.. cell["outputs"]!.AsArray().Select(o => o!.AsObject()).Where(o => (string?)o["name"] != "stderr" && !Html(o).Contains("dotnet-interactive-this-cell", StringComparison.Ordinal))];

    /// <summary>The outputs of cells as they are kept.</summary>
    /// <param name="cells">The cells of code as the kernel ran them, in order; the first chart brings the drawing library along.</param>
    public static IReadOnlyList<JsonArray> Kept(IReadOnlyList<JsonObject> cells)
    {
        var live = cells.SelectMany(Shown).Where(o => Charts(Html(o)).Count > 0).ToList();
        var drawn = Draw([.. live.Select(Html)]);
        return [.. cells.Select(cell => new JsonArray([.. Shown(cell).SelectMany(o => live.IndexOf(o) is >= 0 and var i ? Pieces(drawn[i]!.AsArray(), Html(o)) : [Whole(o)])]))];
    }

    /// <summary>What a cell shows, in words that are the same in the kernel and in the file.</summary>
    /// <param name="cell">The cell, with outputs of either kind.</param>
    /// <param name="exactly">Whether figures count too; else of tables only the columns, and of charts only the titles.</param>
    public static IReadOnlyList<string> Outline(JsonObject cell, bool exactly)
    {
        // Where a cell shows charts among other things, the browser has written the rest anew.
        var outputs = Shown(cell);
        var hasChart = outputs.Any(o => Figure(o) is not null || Charts(Html(o)).Count > 0);
        return [.. outputs.SelectMany(o => Outline(o, exactly, exactly && !hasChart))];
    }

    private static IEnumerable<string> Outline(JsonObject output, bool exactly, bool whole)
    {
        if (Figure(output) is { } kept)
        {
            return [Chart(Plain(output), kept, exactly)];
        }

        var html = Html(output);
        if (html.Length == 0)
        {
            return [Plain(output)];
        }

        var charts = Charts(html);
        return whole
            ? [html]
            : Part().Matches(html).Select(m => m.Groups["id"].Success
                ? Chart(WebUtility.HtmlDecode(m.Groups["label"].Value), charts[m.Groups["id"].Value], exactly)
                : m.Value.StartsWith("<p", StringComparison.Ordinal)
                ? "text"
                : "table: " + string.Join(" | ", Heading().Matches(m.Value).Select(h => WebUtility.HtmlDecode(h.Groups[1].Value))));
    }

    private static string? Figure(JsonObject output) => (string?)output["metadata"]?["dsd"]?["figure"];

    private static string Chart(string title, string figure, bool exactly) => exactly ? $"chart: {title}, figure {figure}" : $"chart: {title}";

    private static JsonArray Draw(IReadOnlyList<string> outputs)
    {
        using var folder = new TempFolder();
        var page = folder["page.html"];
        File.WriteAllText(page, $$"""
            <!DOCTYPE html>
            <html><head><meta charset="utf-8">
            <style>body { width: {{Width}}px; margin: 0; color: #24292f; font: 15px/1.5 system-ui, sans-serif; }</style></head><body>
            {{string.Join('\n', outputs.Select(o => $"<section class=\"output\">{o}</section>"))}}
            <script>{{Repository.Read("tests/Dsd.Examples.Tests/NotebookPictures.js")}}</script>
            </body></html>
            """);
        var (exit, elements, log) = Browser.Visit(page, folder.Root);
        var result = Result().Match(elements);
        Assert.True(exit == 0 && result.Success, $"the browser drew no pictures: {log}");
        return JsonNode.Parse(WebUtility.HtmlDecode(result.Groups[1].Value))!.AsArray();
    }

    private static IEnumerable<JsonObject> Pieces(JsonArray pieces, string live)
    {
        var figures = Charts(live);
        return pieces.Select(p => (string?)p!["html"] is { } html
            ? Display(new JsonObject { ["text/html"] = Lines(html) }, [])
            : Display(
                new JsonObject { ["image/png"] = (string)p["png"]!, ["text/plain"] = Lines((string)p["label"]!) },
                new JsonObject
                {
                    ["dsd"] = new JsonObject { ["figure"] = figures[(string)p["id"]!] },
                    ["image/png"] = new JsonObject { ["width"] = (int)p["width"]!, ["height"] = (int)p["height"]! },
                }));
    }

    private static JsonObject Whole(JsonObject output) => (string?)output["output_type"] == "stream"
        ? new JsonObject { ["name"] = (string?)output["name"], ["output_type"] = "stream", ["text"] = Lines(Text(output["text"])) }
        : Display(new JsonObject(output["data"]!.AsObject().Select(d => KeyValuePair.Create(d.Key, (JsonNode?)Lines(Text(d.Value))))), []);

    private static JsonObject Display(JsonObject data, JsonObject metadata) => new() { ["data"] = data, ["metadata"] = metadata, ["output_type"] = "display_data" };

    private static JsonArray Lines(string text) => [.. text.Split('\n').Select((line, i) => (i, line)).Select(l => (JsonNode)(l.i < text.Count(c => c == '\n') ? l.line + "\n" : l.line))];

    private static string Html(JsonObject output) => Text(output["data"]?["text/html"]);

    private static string Plain(JsonObject output) => Text(output["data"]?["text/plain"] ?? output["text"]);

    private static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonArray lines => string.Concat(lines.Select(line => (string?)line)),
        _ => (string)node!,
    };

    /// <summary>The charts in a live output: the fingerprint of each one's figure, by its place on the page.</summary>
    private static Dictionary<string, string> Charts(string html) => DrawnChart().Matches(html)
        .ToDictionary(m => m.Groups["id"].Value, m => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(m.Groups["figure"].Value)))[..16]);

    [GeneratedRegex("""dsdDraw\("(?<id>dsd-[0-9a-f]+)", (?<figure>.*), \d+\);</script>""")]
    private static partial Regex DrawnChart();

    [GeneratedRegex("""<table.*?</table>|<p[ >]|<div id="(?<id>dsd-[0-9a-f]+)" class="dsd-chart"[^>]* aria-label="(?<label>[^"]*)""", RegexOptions.Singleline)]
    private static partial Regex Part();

    [GeneratedRegex("<th[^>]*>(.*?)</th>", RegexOptions.Singleline)]
    private static partial Regex Heading();

    [GeneratedRegex("""<pre id="outputs">(.*?)</pre>""", RegexOptions.Singleline)]
    private static partial Regex Result();
}
