namespace Dsd.Studies;

/// <summary>A record of a CSV file, with the number of the text line where it starts.</summary>
/// <param name="Number">The number of the line, from 1.</param>
/// <param name="Cells">Its cells, without quotes.</param>
internal sealed record CsvLine(int Number, IReadOnlyList<string> Cells);
