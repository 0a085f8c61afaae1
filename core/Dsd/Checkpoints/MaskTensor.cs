using Dsd.Masks;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>The form of masks in files: a boolean tensor in the shape of the weights, true where a weight is kept.</summary>
internal static class MaskTensor
{
    /// <summary>Creates the tensor of a mask, on the CPU.</summary>
    public static Tensor Of(BitMask mask, long[] shape)
    {
        using var pruned = MaskedMemory.Pruned(mask, shape, CPU);
        return pruned.logical_not();
    }

    /// <summary>Creates the mask of a tensor.</summary>
    /// <exception cref="ArgumentException">The tensor is not boolean.</exception>
    public static BitMask ToMask(Tensor kept)
    {
        if (kept.dtype != ScalarType.Bool)
        {
            throw new ArgumentException($"A mask is a boolean tensor, not {kept.dtype}.", nameof(kept));
        }

        var count = kept.numel();
        var words = BitMask.NewWords(count);
        if (count > 0)
        {
            using var plain = kept.cpu().contiguous();
            var bytes = plain.bytes;
            for (var i = 0; i < bytes.Length; i++)
            {
                words[i >> 6] |= (bytes[i] != 0 ? 1UL : 0) << (i & 63);
            }
        }

        return new BitMask(words, count);
    }
}
