namespace Dsd.Benchmarks;

/// <summary>One line of the result: a value with its spread, the bar that it should meet, or why there is none.</summary>
/// <param name="Case">The case that measured it.</param>
/// <param name="What">What the value is.</param>
/// <param name="Value">The median, or null where nothing was measured.</param>
/// <param name="Low">The lower quartile, where there is a spread.</param>
/// <param name="High">The upper quartile, where there is a spread.</param>
/// <param name="Unit">The unit, e.g. <c>"×"</c> for a ratio.</param>
/// <param name="Bar">The bar, where one was set.</param>
/// <param name="Note">What a reader must know to judge the value.</param>
internal sealed record Row(string Case, string What, double? Value, double? Low, double? High, string Unit, Bar? Bar, string Note)
{
    /// <summary>The word for how the value stands to its bar; empty without one.</summary>
    public string Verdict => (Bar, Value) switch
    {
        (_, null) => "skipped",
        (null, _) => "",
        var (bar, value) => bar.IsMetBy(value.Value) ? "meets" : "misses",
    };
}
