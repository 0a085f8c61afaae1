using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Sets the masked elements of a tensor to exactly 0 and touches no other.</summary>
internal static class MaskedMemory
{
    private const int WordsAPart = 1 << 10;

    // So many of 64 are zeroed one by one sooner than all are read and written.
    private const int FewZeroed = 6;

    // Kept, since TorchSharp does not keep arguments alive while libtorch reads them.
    private static readonly TorchSharp.Scalar s_zero = 0;

    /// <summary>Zeroes in place what the mask does not keep; +0, also where the weight was negative.</summary>
    public static unsafe void Zero(Tensor tensor, BitMask mask)
    {
        if (mask.Kept == mask.Count)
        {
            return;
        }

        if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous())
        {
            ZeroByOperators(tensor, mask);
            return;
        }

        var memory = TensorMemory.Of(tensor);
        switch (tensor.ElementSize)
        {
            case 4:
                Zero((uint*)memory, mask);
                break;
            case 8:
                Zero((ulong*)memory, mask);
                break;
            case 2:
                Zero((ushort*)memory, mask);
                break;
            default:
                ZeroByOperators(tensor, mask);
                break;
        }
    }

    /// <summary>Finds the first element that the mask does not keep and that is not exactly +0; null if there is none.</summary>
    public static unsafe long? FirstNonZero(Tensor tensor, BitMask mask)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = tensor.device_type == TorchSharp.DeviceType.CPU && tensor.is_contiguous() ? tensor : tensor.detach().cpu().contiguous();
        var place = mask.Kept == mask.Count ? null : plain.ElementSize switch
        {
            4 => FirstNonZero((uint*)TensorMemory.Of(plain), mask),
            8 => FirstNonZero((ulong*)TensorMemory.Of(plain), mask),
            2 => FirstNonZero((ushort*)TensorMemory.Of(plain), mask),
            _ => (long?)null,
        };
        GC.KeepAlive(plain);
        return place;
    }

    private static unsafe long? FirstNonZero<T>(T* memory, BitMask mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var words = mask.Words;
        for (var w = 0; w < words.Length; w++)
        {
            var start = (long)w << 6;
            var length = Math.Min(64, mask.Count - start);
            for (var left = ~words[w] & (length == 64 ? ulong.MaxValue : (1UL << (int)length) - 1); left != 0; left &= left - 1)
            {
                var place = start + BitOperations.TrailingZeroCount(left);
                if (memory[place] != T.Zero)
                {
                    return place;
                }
            }
        }

        return null;
    }

    /// <summary>The mask as a boolean tensor of a shape on a device, true where the weight is pruned. The caller owns it.</summary>
    public static Tensor Pruned(BitMask mask, long[] shape, Device device)
    {
        // One bit a weight crosses to the device; it is spread out to one byte a weight only there and only for a moment.
        using var scope = NewDisposeScope();
        var packed = device.type == TorchSharp.DeviceType.CPU ? tensor(MemoryMarshal.AsBytes(mask.Words).ToArray(), dtype: uint8) : mask.On(device).AsTensor();
        var places = tensor(new byte[] { 1, 2, 4, 8, 16, 32, 64, 128 }, dtype: uint8, device: device);
        var bits = packed.unsqueeze(1).bitwise_and(places).eq(s_zero).flatten();
        return bits.narrow(0, 0, mask.Count).view(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Zeroes in place what a boolean tensor marks.</summary>
    public static void Zero(Tensor tensor, Tensor pruned)
    {
        using var guard = no_grad();
        tensor.masked_fill_(pruned, s_zero);
    }

    private static void ZeroByOperators(Tensor tensor, BitMask mask)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        tensor.masked_fill_(Pruned(mask, tensor.shape, tensor.device), s_zero);
    }

    private static unsafe void Zero<T>(T* memory, BitMask mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var words = mask.Words.Length;
        if (words <= WordsAPart)
        {
            Zero(memory, mask, 0, words);
            return;
        }

        CpuTeam.Run((words + WordsAPart - 1) / WordsAPart, p => Zero(memory, mask, p * WordsAPart, Math.Min(words, (p + 1) * WordsAPart)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Zero<T>(T* memory, BitMask mask, int from, int to)
        where T : unmanaged, IBinaryInteger<T>
    {
        // Bit i of a word decides lane i of as many lanes as a vector has, at most 16.
        var places = Vector256<T>.Zero;
        for (var i = 0; i < Vector256<T>.Count; i++)
        {
            places = places.WithElement(i, T.One << i);
        }

        var words = mask.Words;
        for (var w = from; w < to; w++)
        {
            var word = words[w];
            var start = memory + ((long)w << 6);
            var length = Math.Min(64, mask.Count - ((long)w << 6));
            if (length == 64 && BitOperations.PopCount(word) >= 64 - FewZeroed)
            {
                for (var left = ~word; left != 0; left &= left - 1)
                {
                    start[BitOperations.TrailingZeroCount(left)] = T.Zero;
                }
            }
            else if (length == 64)
            {
                for (var j = 0; j < 64; j += Vector256<T>.Count)
                {
                    var kept = Vector256.Equals(Vector256.Create(T.CreateTruncating(word >> j)) & places, places);
                    (Vector256.Load(start + j) & kept).Store(start + j);
                }
            }
            else
            {
                for (var j = 0; j < length; j++)
                {
                    start[j] = (word >> j & 1) != 0 ? start[j] : T.Zero;
                }
            }
        }
    }
}
