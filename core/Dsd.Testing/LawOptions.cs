namespace Dsd.Testing;

/// <summary>The number, seed, size and device of the random cases on which laws are checked.</summary>
public sealed record LawOptions
{
    /// <summary>Creates options.</summary>
    /// <param name="cases">The number of cases, at least 1. Default 100.</param>
    /// <param name="seed">The seed of the cases; the same seed gives the same cases. Default 1.</param>
    /// <param name="maxSize">The size up to which cases grow, at least 1: weights of a tensor grow with it. Default 60.</param>
    /// <param name="device">The device of models and tensors: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"cpu"</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    /// <exception cref="ArgumentException">The device is not one of those.</exception>
    public LawOptions(int cases = 100, long seed = 1, int maxSize = 60, string device = "cpu")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cases, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSize, 1);
        Cases = cases;
        Seed = seed;
        MaxSize = maxSize;
        Device = LawDevice.Checked(device);
    }

    /// <summary>The number of cases.</summary>
    public int Cases { get; }

    /// <summary>The seed of the cases.</summary>
    public long Seed { get; }

    /// <summary>The size up to which cases grow.</summary>
    public int MaxSize { get; }

    /// <summary>The device of models and tensors.</summary>
    public string Device { get; }

    /// <summary>The most cases that are tried to find a smaller one that breaks the same law. A tensor of sixty weights is reduced to a few in some dozens.</summary>
    internal int MostAttempts { get; init; } = 400;
}
