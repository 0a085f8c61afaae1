using System.Text;
using System.Text.Json;

namespace Dsd.Data;

/// <summary>The table of pictures and emoji, read from the files of the npm packages.</summary>
internal static class EmojiTable
{
    /// <summary>The path of the file of groups in its package.</summary>
    public const string GroupsFile = "package/meta/groups.json";

    /// <summary>The path of the file of emoji with groups and English labels in its package.</summary>
    public const string LabelsFile = "package/en/data.json";

    private const string LabelsPackage = "emojibase-data";

    /// <summary>The folder of a vendor's pictures in its package, ending in a slash.</summary>
    public static string Folder(string vendor) => $"package/img/{vendor}/{EmojiImages.Size}/";

    /// <summary>Reads the rows of all pictures from unpacked packages.</summary>
    public static IReadOnlyList<Row> Read(string unpacked)
    {
        using var groups = Json(unpacked, GroupsFile);
        var names = groups.RootElement.GetProperty("groups").EnumerateObject().ToDictionary(g => int.Parse(g.Name, System.Globalization.CultureInfo.InvariantCulture), g => g.Value.GetString()!);
        var pictures = EmojiImages.Vendors.ToDictionary(
            vendor => vendor,
            vendor => Directory.EnumerateFiles(Path.Combine(unpacked, $"emoji-datasource-{vendor}", Folder(vendor)), "*.png").ToDictionary(p => Bare(Path.GetFileNameWithoutExtension(p))));
        var rows = new List<Row>();
        using var emoji = Json(unpacked, LabelsFile);
        foreach (var concept in emoji.RootElement.EnumerateArray().Where(e => e.TryGetProperty("group", out _)))
        {
            var code = concept.GetProperty("hexcode").GetString()!;
            var group = names[concept.GetProperty("group").GetInt32()];
            Add(concept, code, group, tone: false);
            if (concept.TryGetProperty("skins", out var skins))
            {
                foreach (var skin in skins.EnumerateArray())
                {
                    Add(skin, code, group, tone: true);
                }
            }
        }

        return [.. rows.OrderBy(r => r.Code, StringComparer.Ordinal).ThenBy(r => r.Vendor, StringComparer.Ordinal)];

        void Add(JsonElement emoji, string concept, string group, bool tone)
        {
            var code = emoji.GetProperty("hexcode").GetString()!;
            foreach (var vendor in EmojiImages.Vendors)
            {
                if (pictures[vendor].TryGetValue(Bare(code), out var path))
                {
                    rows.Add(new(vendor, code, concept, group, tone, emoji.GetProperty("label").GetString()!) { Path = Path.GetRelativePath(unpacked, path) });
                }
            }
        }
    }

    /// <summary>Formats rows as a table, one line per row, with tab-separated columns.</summary>
    public static string Format(IEnumerable<Row> rows) => rows.Aggregate(
        new StringBuilder(),
        (text, r) => text.Append(r.Vendor).Append('\t').Append(r.Code).Append('\t').Append(r.Concept).Append('\t').Append(r.Group).Append('\t').Append(r.HasSkinTone ? "tone" : "plain").Append('\t').Append(r.Label).Append('\n'),
        text => text.ToString());

    /// <summary>Parses the rows of a table whose hash was checked.</summary>
    public static IEnumerable<Row> Parse(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split('\t'))
        .Select(c => new Row(c[0], c[1], c[2], c[3], c[4] == "tone", c[5]));

    /// <summary>Removes the variation selectors for coloured pictures from a code; some sources omit them.</summary>
    private static string Bare(string code) => code.ToUpperInvariant().Replace("-FE0F", "", StringComparison.Ordinal);

    private static JsonDocument Json(string unpacked, string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(unpacked, LabelsPackage, file)));

    /// <summary>A picture and its metadata.</summary>
    internal sealed record Row(string Vendor, string Code, string Concept, string Group, bool HasSkinTone, string Label)
    {
        /// <summary>The path of the picture in the unpacked packages; known only while they exist.</summary>
        public string Path { get; init; } = "";

        /// <summary>The name in the archive.</summary>
        public string Picture => $"{Vendor}/{Code}.png";

        /// <summary>Adds the picture's content.</summary>
        public EmojiImage ToImage(byte[] png) => new(Vendor, Code, Concept, Group, HasSkinTone, Label, png);
    }
}
