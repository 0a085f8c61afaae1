using System.Globalization;
using System.Text;

namespace Dsd.Studies;

/// <summary>A reader of CSV (RFC 4180), and the form of a cell.</summary>
/// <remarks>
/// A spreadsheet computes a cell that starts as a formula does, and a formula can run programs. Such a text, unless it is a number, has an
/// apostrophe before it, which spreadsheets take as the mark of a text and reading takes off again.
/// </remarks>
internal static class CsvLines
{
    private const string FormulaStarts = "=+-@\t\r＝＋－＠";

    /// <summary>Formats a cell: a text that could be taken for a formula is marked as text, and quotes are added where needed.</summary>
    public static string Cell(string text)
    {
        var marked = IsToBeMarked(text) ? $"'{text}" : text;
        return marked.AsSpan().ContainsAny(",\"\r\n") ? $"\"{marked.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : marked;
    }

    /// <summary>Splits a text into records; quoted cells may hold commas, quotes and line breaks. Empty lines are skipped.</summary>
    public static IReadOnlyList<CsvLine> Of(string text)
    {
        var lines = new List<CsvLine>();
        var (cells, cell) = (new List<string>(), new StringBuilder());
        var (quoted, number, start) = (false, 1, 1);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            number += c == '\n' ? 1 : 0;
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (quoted || c is not (',' or '\r' or '\n'))
            {
                cell.Append(c);
            }
            else if (c == ',')
            {
                End();
            }
            else if (c == '\n')
            {
                EndLine();
            }
        }

        EndLine();
        return lines;

        void End()
        {
            cells.Add(WithoutMark(cell.ToString()));
            cell.Clear();
        }

        void EndLine()
        {
            if (cells.Count > 0 || cell.Length > 0)
            {
                End();
                lines.Add(new CsvLine(start, cells));
                cells = [];
            }

            start = number;
        }
    }

    /// <summary>True of what could be a formula, and of what would be read as a mark.</summary>
    private static bool IsToBeMarked(string text) =>
        text.Length > 0 && (FormulaStarts.Contains(text[0], StringComparison.Ordinal) || IsMarked(text)) && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool IsMarked(string text) => text.Length > 1 && text[0] == '\'' && (text[1] == '\'' || FormulaStarts.Contains(text[1], StringComparison.Ordinal));

    private static string WithoutMark(string text) => IsMarked(text) ? text[1..] : text;
}
