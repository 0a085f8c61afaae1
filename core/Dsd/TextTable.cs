using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dsd.Optimizers;

namespace Dsd;

/// <summary>A Markdown table whose columns are also aligned as plain text.</summary>
/// <param name="headers">The column titles; a leading <c>&gt;</c> aligns the column to the right.</param>
public sealed partial class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    /// <summary>The column titles.</summary>
    public IReadOnlyList<string> Titles { get; } = [.. headers.Select(h => h.StartsWith('>') ? h[1..] : h)];

    /// <summary>The alignment of each column; true for right.</summary>
    public IReadOnlyList<bool> IsRight { get; } = [.. headers.Select(h => h.StartsWith('>'))];

    /// <summary>The rows in the order added.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => _rows;

    /// <summary>Adds a row.</summary>
    public void Row(params string[] cells) => _rows.Add(cells);

    /// <inheritdoc/>
    public override string ToString()
    {
        var titles = Titles.Select(Escape).ToArray();
        var rows = _rows.Select(r => r.Select(Escape).ToArray()).ToList();
        var widths = titles.Select((t, i) => Math.Max(3, rows.Select(r => Width(r[i])).Append(Width(t)).Max())).ToArray();
        var text = new StringBuilder();
        Line(titles);
        text.Append('|').AppendJoin('|', widths.Select((w, i) => IsRight[i] ? new string('-', w + 1) + ":" : new string('-', w + 2))).Append("|\n");
        rows.ForEach(Line);
        return text.ToString();

        void Line(string[] cells) => text.Append('|')
            .AppendJoin('|', cells.Select((c, i) => Pad(c, widths[i], IsRight[i]))).Append("|\n");
    }

    /// <summary>Escapes a text so that Markdown shows it verbatim: replaces line breaks, writes out control characters, and escapes what would start a cell, a tag, an entity, code or a link.</summary>
    /// <param name="text">Any text, such as the name of a layer.</param>
    public static string Escape(string text) => Entity().Replace(Printable.Of(text.ReplaceLineEndings(" ")).Replace("\\", "\\\\", StringComparison.Ordinal), "\\&")
        .Replace("|", "\\|", StringComparison.Ordinal)
        .Replace("<", "\\<", StringComparison.Ordinal)
        .Replace("`", "\\`", StringComparison.Ordinal)
        .Replace("](", "]\\(", StringComparison.Ordinal);

    [GeneratedRegex("&(?=#?[A-Za-z0-9]+;)")]
    private static partial Regex Entity();

    private static string Pad(string cell, int width, bool right)
    {
        var space = new string(' ', Math.Max(0, width - Width(cell)));
        return right ? $" {space}{cell} " : $" {cell}{space} ";
    }

    private static int Width(string cell) => new StringInfo(cell).LengthInTextElements;
}
