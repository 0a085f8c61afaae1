using System.Numerics;
using System.Runtime.CompilerServices;
using Dsd.Torch;

namespace Dsd.Optimizers;

/// <summary>Tells in one pass over memory whether 32-bit floats are all finite.</summary>
internal static unsafe class FiniteScan
{
    // 256 kB: waking other threads for less takes longer than the work.
    private const int BlockLength = 1 << 16;

    /// <summary>True if no value is NaN or infinite.</summary>
    public static bool IsFinite(float* values, long count) => count <= BlockLength ? IsFiniteBlock(values, count) : AreFiniteBlocks(values, count);

    private static bool AreFiniteBlocks(float* values, long count)
    {
        var isFinite = true;
        CpuTeam.Run((int)((count + BlockLength - 1) / BlockLength), block =>
        {
            var start = (long)block * BlockLength;
            if (!IsFiniteBlock(values + start, Math.Min(BlockLength, count - start)))
            {
                Volatile.Write(ref isFinite, false);
            }
        });
        return isFinite;
    }

    // 0 times a value is ±0, or NaN where the value is not finite, which no other bit takes away again.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsFiniteBlock(float* values, long count)
    {
        Vector<float> zero = Vector<float>.Zero, first = zero, second = zero;
        long i = 0, width = Vector<float>.Count;
        for (; i + (2 * width) <= count; i += 2 * width)
        {
            first |= zero * Vector.Load(values + i);
            second |= zero * Vector.Load(values + i + width);
        }

        var isFinite = Vector.EqualsAll(first | second, zero);
        for (; i < count; i++)
        {
            isFinite &= float.IsFinite(values[i]);
        }

        return isFinite;
    }
}
