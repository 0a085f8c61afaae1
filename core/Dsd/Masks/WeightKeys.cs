namespace Dsd.Masks;

/// <summary>Ranks weights by unsigned keys: the higher key ranks higher.</summary>
internal interface IWeightKeys
{
    /// <summary>How many bits a key has: a multiple of 16.</summary>
    static abstract int Bits { get; }

    long Count { get; }

    ulong this[long index] { get; }
}

/// <summary>Absolute values of 32-bit floats: without its sign bit, a float's bits order as its magnitude does.</summary>
internal readonly unsafe struct MagnitudeKeys32(float* values, long count) : IWeightKeys
{
    public static int Bits => 32;

    public long Count => count;

    public ulong this[long index] => ((uint*)values)[index] & 0x7FFF_FFFF;
}

/// <summary>Absolute values of 64-bit floats.</summary>
internal readonly unsafe struct MagnitudeKeys64(double* values, long count) : IWeightKeys
{
    public static int Bits => 64;

    public long Count => count;

    public ulong this[long index] => ((ulong*)values)[index] & 0x7FFF_FFFF_FFFF_FFFF;
}

/// <summary>Signed 64-bit scores: bits are flipped so that they order as the numbers do, and −0 equals 0.</summary>
internal readonly unsafe struct ScoreKeys(double* values, long count) : IWeightKeys
{
    public static int Bits => 64;

    public long Count => count;

    public ulong this[long index]
    {
        get
        {
            var bits = BitConverter.DoubleToUInt64Bits(values[index] + 0.0);
            return (bits >> 63) != 0 ? ~bits : bits | 0x8000_0000_0000_0000;
        }
    }
}

/// <summary>A fixed random order.</summary>
internal readonly struct RandomKeys(CounterRandom random, long count) : IWeightKeys
{
    public static int Bits => 32;

    public long Count => count;

    public ulong this[long index] => random.Bits(index) >> 32;
}
