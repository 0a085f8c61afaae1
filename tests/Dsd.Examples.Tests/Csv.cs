using Dsd.Studies;

namespace Dsd.Examples.Tests;

/// <summary>The lines of a CSV file, by the titles of its columns.</summary>
internal sealed class Csv
{
    public Csv(string text)
    {
        var lines = CsvLines.Of(text);
        Titles = [.. lines[0].Cells];
        Rows = [.. lines.Skip(1)];
    }

    public List<string> Titles { get; }

    public List<CsvLine> Rows { get; }

    public static Csv Read(string path) => new(File.ReadAllText(path));

    /// <summary>A cell of a line by its title.</summary>
    public string At(CsvLine row, string title) => row.Cells[Titles.IndexOf(title)];
}
