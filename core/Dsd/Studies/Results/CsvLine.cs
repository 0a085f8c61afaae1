namespace Dsd.Studies;

/// <summary>A line of a CSV file, which starts at a line of its text.</summary>
/// <param name="Number">The number of the line, from 1.</param>
/// <param name="Cells">Its cells, without quotes.</param>
internal sealed record CsvLine(int Number, IReadOnlyList<string> Cells);
