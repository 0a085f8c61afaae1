namespace Dsd.Testing;

/// <summary>The number, seed and size of the random cases on which laws are checked.</summary>
public sealed record LawOptions
{
    /// <summary>Creates options.</summary>
    /// <param name="cases">The number of cases, at least 1. Default 100.</param>
    /// <param name="seed">The seed of the cases; the same seed gives the same cases. Default 1.</param>
    /// <param name="maxSize">The size up to which cases grow, at least 1: weights of a tensor grow with it. Default 60.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public LawOptions(int cases = 100, long seed = 1, int maxSize = 60)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cases, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSize, 1);
        Cases = cases;
        Seed = seed;
        MaxSize = maxSize;
    }

    /// <summary>The number of cases.</summary>
    public int Cases { get; }

    /// <summary>The seed of the cases.</summary>
    public long Seed { get; }

    /// <summary>The size up to which cases grow.</summary>
    public int MaxSize { get; }
}
