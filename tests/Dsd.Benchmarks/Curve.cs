namespace Dsd.Benchmarks;

/// <summary>A cost against a size, for the picture.</summary>
/// <param name="Name">What costs.</param>
/// <param name="Points">Size and cost.</param>
internal sealed record Curve(string Name, IReadOnlyList<(double Size, double Cost)> Points);
