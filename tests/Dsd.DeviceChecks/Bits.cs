using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Values of tensors, compared bit by bit.</summary>
internal static class Bits
{
    /// <summary>Copies the values of a tensor to the CPU.</summary>
    public static float[] Of(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return [.. tensor.detach().cpu().to(float32).contiguous().flatten().data<float>()];
    }

    /// <summary>True if all bits are the same.</summary>
    public static bool AreSame(float[] a, float[] b) => MemoryMarshal.AsBytes(a.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(b.AsSpan()));

    /// <summary>The largest difference of two values at one place, as a share of the largest value.</summary>
    public static double LargestDifference(float[] a, float[] b)
    {
        var (difference, largest) = (0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs((double)a[i] - b[i]));
            largest = Math.Max(largest, Math.Abs((double)b[i]));
            if (float.IsNaN(a[i]) != float.IsNaN(b[i]))
            {
                return double.NaN;
            }
        }

        return largest == 0 ? difference : difference / largest;
    }
}
