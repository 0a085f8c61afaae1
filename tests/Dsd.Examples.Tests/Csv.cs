using System.Text;

namespace Dsd.Examples.Tests;

/// <summary>The lines of a CSV file, by the titles of its columns.</summary>
internal sealed class Csv
{
    private Csv(string[] lines)
    {
        Titles = Cells(lines[0]);
        Rows = [.. lines.Skip(1).Select(Cells)];
    }

    public List<string> Titles { get; }

    public List<List<string>> Rows { get; }

    public static Csv Read(string path) => new(File.ReadAllLines(path));

    /// <summary>A cell of a line by its title.</summary>
    public string At(List<string> row, string title) => row[Titles.IndexOf(title)];

    /// <summary>The cells of a line of CSV; quoted ones may hold commas.</summary>
    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
