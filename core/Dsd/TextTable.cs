using System.Globalization;
using System.Text;

namespace Dsd;

/// <summary>A table in Markdown whose columns are also aligned as plain text.</summary>
/// <param name="headers">The column titles; one that starts with <c>&gt;</c> is aligned to the right.</param>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; line breaks and bars, which would end a cell, are replaced and escaped.</summary>
    public void Row(params string[] cells) =>
        _rows.Add([.. cells.Select(Cell)]);

    public override string ToString()
    {
        var titles = headers.Select(h => Cell(h.StartsWith('>') ? h[1..] : h)).ToArray();
        var right = headers.Select(h => h.StartsWith('>')).ToArray();
        var widths = titles.Select((t, i) => Math.Max(3, _rows.Select(r => Width(r[i])).Append(Width(t)).Max())).ToArray();
        var text = new StringBuilder();
        Line(titles);
        text.Append('|').AppendJoin('|', widths.Select((w, i) => right[i] ? new string('-', w + 1) + ":" : new string('-', w + 2))).Append("|\n");
        _rows.ForEach(Line);
        return text.ToString();

        void Line(string[] cells) => text.Append('|')
            .AppendJoin('|', cells.Select((c, i) => Pad(c, widths[i], right[i]))).Append("|\n");
    }

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private static string Pad(string cell, int width, bool right)
    {
        var space = new string(' ', Math.Max(0, width - Width(cell)));
        return right ? $" {space}{cell} " : $" {cell}{space} ";
    }

    private static int Width(string cell) => new StringInfo(cell).LengthInTextElements;
}
