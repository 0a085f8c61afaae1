namespace Dsd.Benchmarks;

/// <summary>One thing that is measured, and the rows that it gives.</summary>
/// <param name="Name">Its name, by which it is chosen.</param>
/// <param name="About">What it shows, in one line.</param>
/// <param name="Seconds">About how long it takes in full; for the time left.</param>
/// <param name="Rows">Measures it.</param>
internal sealed record Case(string Name, string About, double Seconds, Func<Bench, IEnumerable<Row>> Rows);
