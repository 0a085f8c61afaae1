namespace Dsd.Benchmarks;

/// <summary>How much is measured, and how well.</summary>
/// <param name="Quick">Whether everything is small, to see that it works; the numbers then say nothing about the bars.</param>
/// <param name="Rounds">How often each contender has its turn.</param>
/// <param name="BatchSeconds">How long one timed batch should last at least.</param>
internal sealed record Effort(bool Quick, int Rounds, double BatchSeconds)
{
    public static Effort Full { get; } = new(false, 25, 0.05);

    public static Effort Small { get; } = new(true, 3, 0.001);

    /// <summary>One number for a full measurement, another for a quick one.</summary>
    public T Pick<T>(T full, T quick) => Quick ? quick : full;
}
