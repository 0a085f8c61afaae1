using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Dsd.Masks;

/// <summary>Absolute values of floats of one type, as keys that also rank them among the floats of another: those of doubles.</summary>
/// <param name="values">The floats.</param>
/// <param name="type">Float16, BFloat16, Float32 or Float64.</param>
/// <param name="count">How many there are.</param>
internal readonly unsafe struct MixedKeys(void* values, torch.ScalarType type, long count) : IWeightKeys<ulong>
{
    public long Count => count;

    public ulong Lowest => 0;

    public ulong Highest => BitConverter.DoubleToUInt64Bits(double.MaxValue);

    public ulong this[long index] => (ulong.MaxValue >> 1) & BitConverter.DoubleToUInt64Bits(type switch
    {
        torch.ScalarType.Float16 => (double)((Half*)values)[index],
        torch.ScalarType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)values)[index] << 16),
        torch.ScalarType.Float32 => ((float*)values)[index],
        _ => ((double*)values)[index],
    });

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Load(long index) => Vector512.Create(
        this[index], this[index + 1], this[index + 2], this[index + 3], this[index + 4], this[index + 5], this[index + 6], this[index + 7]);

    public void Prefetch(long index)
    {
    }
}
