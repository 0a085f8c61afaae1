using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dsd.Masks;

/// <summary>A row of unsigned keys: the higher key ranks higher.</summary>
internal interface IKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    long Count { get; }

    TKey this[long index] { get; }

    /// <summary>The keys from an index on, as many as there are lanes.</summary>
    Vector512<TKey> Load(long index);
}

/// <summary>Ranks the weights of a tensor by keys.</summary>
internal interface IWeightKeys<TKey> : IKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    /// <summary>The lowest key of a number that is neither NaN nor infinite.</summary>
    TKey Lowest { get; }

    /// <summary>The highest key of a number that is neither NaN nor infinite.</summary>
    TKey Highest { get; }

    /// <summary>Fetches a key into the cache, if it lies in memory; it may lie outside of the tensor.</summary>
    void Prefetch(long index);
}

/// <summary>Keys that lie one after another in memory.</summary>
internal readonly unsafe struct KeyRow<TKey>(TKey* keys, int count) : IKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    public long Count => count;

    public TKey this[long index] => keys[index];

    public Vector512<TKey> Load(long index) => Vector512.Load(keys + index);
}

/// <summary>A stretch of the keys of a tensor.</summary>
internal readonly struct KeySlice<TKeys, TKey>(TKeys keys, long start, long count) : IKeys<TKey>
    where TKeys : struct, IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    public long Count => count;

    public TKey this[long index] => keys[start + index];

    public Vector512<TKey> Load(long index) => keys.Load(start + index);
}

/// <summary>Absolute values of floats of any width: without its sign bit, a float's bits order as its magnitude does.</summary>
/// <param name="values">The bits of the floats.</param>
/// <param name="count">How many there are.</param>
/// <param name="highest">The bits of the highest number that is not infinite.</param>
internal readonly unsafe struct MagnitudeKeys<TKey>(TKey* values, long count, TKey highest) : IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    public long Count => count;

    public TKey Lowest => TKey.Zero;

    public TKey Highest => highest;

    public TKey this[long index] => values[index] & (TKey.MaxValue >>> 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<TKey> Load(long index) => Vector512.Load(values + index) & Vector512.Create(TKey.MaxValue >>> 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(values + index);
        }
    }
}

/// <summary>Signed scores: the bits are moved so that they order as the numbers do, and −0 equals 0.</summary>
/// <param name="values">The bits of the scores, which are floats.</param>
/// <param name="count">How many there are.</param>
/// <param name="highest">The bits of the highest number that is not infinite.</param>
internal readonly unsafe struct ScoreKeys<TKey>(TKey* values, long count, TKey highest) : IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    public long Count => count;

    public TKey Lowest => Sign - highest;

    public TKey Highest => Sign + highest;

    private static TKey Sign => ~(TKey.MaxValue >>> 1);

    public TKey this[long index]
    {
        get
        {
            // What is below 0 counts down from the sign bit, what is above 0 counts up from it; both zeros are the bit itself.
            var bits = values[index];
            return bits > (TKey.MaxValue >>> 1) ? TKey.Zero - bits : bits + Sign;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<TKey> Load(long index)
    {
        var bits = Vector512.Load(values + index);
        var isNegative = Vector512.GreaterThan(bits, Vector512.Create(TKey.MaxValue >>> 1));
        return Vector512.ConditionalSelect(isNegative, Vector512<TKey>.Zero - bits, bits + Vector512.Create(Sign));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(values + index);
        }
    }
}

/// <summary>A fixed random order.</summary>
/// <param name="random">The stream of numbers.</param>
/// <param name="count">How many keys there are.</param>
/// <param name="first">The position of the first key in the stream.</param>
internal readonly struct RandomKeys(CounterRandom random, long count, long first = 0) : IWeightKeys<uint>
{
    public long Count => count;

    public uint Lowest => uint.MinValue;

    public uint Highest => uint.MaxValue;

    public uint this[long index] => (uint)(random.Bits(first + index) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<uint> Load(long index) =>
        Vector512.Narrow(random.EightBits(first + index) >>> 32, random.EightBits(first + index + 8) >>> 32);

    public void Prefetch(long index)
    {
    }
}
