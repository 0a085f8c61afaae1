namespace Dsd.Masks;

/// <summary>The bits of the highest number of each type of float that is not infinite.</summary>
internal static class WeightBits
{
    /// <summary>Of 16 bits, 5 of them for the exponent.</summary>
    public const ushort HighestHalf = 0x7BFF;

    /// <summary>Of bfloat16, the upper half of a 32-bit float.</summary>
    public const ushort HighestBrain = 0x7F7F;

    /// <summary>Of 32 bits.</summary>
    public const uint Highest32 = 0x7F7F_FFFF;

    /// <summary>Of 64 bits.</summary>
    public const ulong Highest64 = 0x7FEF_FFFF_FFFF_FFFF;
}
