using System.Text;

namespace Dsd.Studies;

/// <summary>A reader of CSV (RFC 4180).</summary>
internal static class CsvLines
{
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
            cells.Add(cell.ToString());
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
}
