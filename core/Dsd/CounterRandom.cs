using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd;

/// <summary>Random numbers as a pure function of a key and a counter, the same on every machine.</summary>
/// <remarks>
/// The value at a counter is the SplitMix64 finaliser of key + counter × golden ratio (Steele, Lea and Flood, OOPSLA 2014).
/// Nothing has to be saved to continue: the position in the run is the state. Used for data order, augmentation,
/// random masks and redrawn weights.
/// </remarks>
/// <param name="key">The key of the stream; different keys give unrelated streams.</param>
public readonly struct CounterRandom(ulong key) : IEquatable<CounterRandom>
{
    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;
    private readonly ulong _key = key;

    /// <summary>Creates a stream from a seed, a purpose and an index.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="purpose">The purpose of the numbers, e.g. <c>"shuffle"</c>, which separates streams of one seed.</param>
    /// <param name="index">A further number, such as the epoch. Default 0.</param>
    public static CounterRandom For(long seed, string purpose, long index = 0)
    {
        var key = Mix(unchecked((ulong)seed));
        foreach (var c in purpose)
        {
            key = Mix(key ^ c);
        }

        return new(Mix(key + (unchecked((ulong)index) * GoldenRatio)));
    }

    /// <summary>Draws 64 uniform random bits.</summary>
    /// <param name="counter">The position in the stream.</param>
    public ulong Bits(long counter) => Mix(_key + (unchecked((ulong)counter) * GoldenRatio));

    /// <summary>Draws 64 uniform random bits at each of eight positions from one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector512<ulong> EightBits(long counter)
    {
        // The multiples of the golden ratio are added up: a vector of products costs more than all else here.
        var z = Vector512.Create(_key + (unchecked((ulong)counter) * GoldenRatio)) + (Vector512<ulong>.Indices * GoldenRatio);
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EB;
        return z ^ (z >>> 31);
    }

    /// <summary>Draws a uniform integer in [0, <paramref name="bound"/>).</summary>
    /// <param name="counter">The position in the stream.</param>
    /// <param name="bound">The exclusive upper bound, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public int Below(long counter, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)Math.BigMul(Bits(counter), (ulong)bound, out _);
    }

    /// <summary>Draws a uniform number in [0, 1) with 53 random bits.</summary>
    /// <param name="counter">The position in the stream.</param>
    public double Uniform(long counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Draws a standard normal number (Box–Muller transform).</summary>
    /// <param name="counter">The position in the stream.</param>
    public double Normal(long counter)
    {
        var radius = Math.Sqrt(-2.0 * Math.Log(1.0 - Uniform(2 * counter)));
        return radius * Math.Cos(2.0 * Math.PI * Uniform((2 * counter) + 1));
    }

    /// <summary>Draws a random permutation of 0 to <paramref name="count"/> − 1 (Fisher–Yates shuffle).</summary>
    /// <param name="count">The length of the permutation, at least 0.</param>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var j = Below(i, i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    /// <inheritdoc/>
    public bool Equals(CounterRandom other) => _key == other._key;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CounterRandom other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _key.GetHashCode();

    /// <summary>True if two streams are the same.</summary>
    public static bool operator ==(CounterRandom left, CounterRandom right) => left.Equals(right);

    /// <summary>True if two streams differ.</summary>
    public static bool operator !=(CounterRandom left, CounterRandom right) => !left.Equals(right);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
