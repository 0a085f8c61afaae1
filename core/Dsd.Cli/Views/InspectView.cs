using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dsd.Checkpoints;

namespace Dsd.Cli;

/// <summary>The measures of a weight file as text or JSON.</summary>
internal static class InspectView
{
    private const int MostText = 100;

    /// <summary>The fields of the JSON form, for help.</summary>
    public const string Fields = """
        With --json: file, tensors (name, type, shape, count, zeros, nOfM, nonFinite, mask with kept, nOfM and
        prunedNotZero; null where there is none), others (what else is stored under dsd/: name, type, shape),
        metadata (texts by name).
        """;

    /// <summary>Formats a file as tables.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensors">The measures of its weights.</param>
    public static string Text(SafeTensorsSet file, IReadOnlyList<TensorInspection> tensors)
    {
        var text = new StringBuilder();
        var (others, masks) = (Others(file), tensors.Any(t => t.Mask is not null));
        text.Append(CultureInfo.InvariantCulture, $"{Printable.Of(file.Path)}: {Some(tensors.Count, "tensor")}, {tensors.Sum(t => t.Count):N0} numbers\n\n");
        string[] ofMasks = masks ? [">mask", ">mask's N:M"] : [];
        var table = new TextTable(["tensor", "type", ">shape", ">count", ">zeros", ">N:M", .. ofMasks, "remarks"]);
        foreach (var t in tensors)
        {
            string[] mask = masks ? [t.Mask is { } m ? Share(t.Count - m.Kept, t.Count) : "", $"{t.Mask?.Groups}"] : [];
            table.Row([t.Name, t.Type, string.Join('×', t.Shape.Select(d => d.ToString(CultureInfo.InvariantCulture))), Number(t.Count), t.Values is { } v ? Share(v.Zeros, t.Count) : "", $"{t.Values?.Groups}", .. mask, string.Join("; ", Remarks(t))]);
        }

        var read = tensors.Where(t => t.Values is not null).ToList();
        var masked = tensors.Where(t => t.Mask is not null).ToList();
        string[] allMasks = masks ? [Share(masked.Sum(t => t.Count - t.Mask!.Kept), masked.Sum(t => t.Count)), ""] : [];
        table.Row(["all", "", "", Number(tensors.Sum(t => t.Count)), Share(read.Sum(t => t.Values!.Zeros), read.Sum(t => t.Count)), "", .. allMasks, masks ? "mask: of the masked weights" : ""]);
        text.Append(table);
        text.Append("\nzeros: exactly zero; N:M: of every M inputs at most N are not zero (the strictest of M = 2 to 32)\n");
        if (others.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nBesides, of a checkpoint: {Some(others.Count, "tensor")}, such as {string.Join(", ", others.Take(3).Select(Printable.Of))}\n");
        }

        if (file.Metadata.Count > 0)
        {
            var texts = new TextTable("metadata", "value");
            foreach (var (key, value) in file.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
            {
                texts.Row(key, value.Length <= MostText ? value : string.Create(CultureInfo.InvariantCulture, $"{value[..MostText]}… ({value.Length} characters)"));
            }

            text.Append(CultureInfo.InvariantCulture, $"\n{texts}");
        }

        return text.ToString();
    }

    /// <summary>Formats a file as JSON.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensors">The measures of its weights.</param>
    public static string AsJson(SafeTensorsSet file, IEnumerable<TensorInspection> tensors) => new JsonObject
    {
        ["file"] = file.Path,
        ["tensors"] = new JsonArray([.. tensors.Select(t =>
        {
            var node = Head(t.Name, t.Type, t.Shape);
            node["count"] = t.Count;
            node["zeros"] = t.Values?.Zeros;
            node["nOfM"] = t.Values?.Groups?.ToString();
            node["nonFinite"] = t.Values?.NonFinite;
            node["mask"] = t.Mask is { } m ? new JsonObject { ["kept"] = m.Kept, ["nOfM"] = m.Groups?.ToString(), ["prunedNotZero"] = m.PrunedNotZero } : null;
            return node;
        })]),
        ["others"] = new JsonArray([.. Others(file).Select(n => Head(n, file[n].Type, file[n].Shape))]),
        ["metadata"] = new JsonObject(file.Metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))),
    }.ToJsonString(Json.Indented);

    private static JsonObject Head(string name, string type, ValueList<long> shape) => new()
    {
        ["name"] = name,
        ["type"] = type,
        ["shape"] = new JsonArray([.. shape.Select(d => (JsonNode?)d)]),
    };

    /// <summary>Lists what a file holds under our own names besides the masks of its weights.</summary>
    private static List<string> Others(SafeTensorsSet file) => [.. file.Names
        .Where(n => n.StartsWith(MaskTensor.Reserved, StringComparison.Ordinal))
        .Where(n => !(n.StartsWith(MaskTensor.Prefix, StringComparison.Ordinal) && file.Names.Contains(n[MaskTensor.Prefix.Length..])))
        .Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Remarks(TensorInspection t)
    {
        if (t.Values is null)
        {
            yield return "this type is not read";
        }

        if (t.Values is { FirstNonFinite: { } first, NonFinite: var count })
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{count:N0} not finite, first {first}");
        }

        if (t.Mask is { PrunedNotZero: > 0 and var regrown })
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{regrown:N0} pruned by the mask are not zero");
        }
    }

    private static string Share(long part, long all) => all == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / all:0.00} %");

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Some(int count, string one) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {one}{(count == 1 ? "" : "s")}");
}
