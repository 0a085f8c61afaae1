using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dsd.Native;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Sets the masked elements of a tensor to exactly 0 and touches no other.</summary>
internal static class MaskedMemory
{
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
                ZeroEach((ulong*)memory, mask);
                break;
            case 2:
                ZeroEach((ushort*)memory, mask);
                break;
            default:
                ZeroByOperators(tensor, mask);
                break;
        }
    }

    /// <summary>The mask as a boolean tensor of a shape on a device, true where the weight is pruned. The caller owns it.</summary>
    public static Tensor Pruned(BitMask mask, long[] shape, Device device)
    {
        // One bit a weight crosses to the device; it is spread out to one byte a weight only there and only for a moment.
        using var scope = NewDisposeScope();
        var packed = tensor(MemoryMarshal.AsBytes(mask.Words).ToArray(), dtype: uint8, device: device);
        var places = tensor(new byte[] { 1, 2, 4, 8, 16, 32, 64, 128 }, dtype: uint8, device: device);
        var bits = packed.unsqueeze(1).bitwise_and(places).eq(0).flatten();
        return bits.narrow(0, 0, mask.Count).view(shape).MoveToOuterDisposeScope();
    }

    private static void ZeroByOperators(Tensor tensor, BitMask mask)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        tensor.masked_fill_(Pruned(mask, tensor.shape, tensor.device), 0);
    }

    private static unsafe void Zero(uint* memory, BitMask mask)
    {
        var places = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        var bytes = MemoryMarshal.AsBytes(mask.Words);
        var whole = (int)(mask.Count / Vector256<uint>.Count);
        for (var i = 0; i < whole; i++)
        {
            var kept = Vector256.Equals(Vector256.Create((uint)bytes[i]) & places, places);
            var eight = memory + ((long)i * Vector256<uint>.Count);
            (Vector256.Load(eight) & kept).Store(eight);
        }

        for (var i = (long)whole * Vector256<uint>.Count; i < mask.Count; i++)
        {
            memory[i] = mask[i] ? memory[i] : 0;
        }
    }

    private static unsafe void ZeroEach<T>(T* memory, BitMask mask)
        where T : unmanaged
    {
        var words = mask.Words;
        for (var w = 0; w < words.Length; w++)
        {
            var start = (long)w << 6;
            var pruned = ~words[w];
            var length = (int)Math.Min(64, mask.Count - start);
            for (var b = 0; b < length; b++)
            {
                if ((pruned >> b & 1) != 0)
                {
                    memory[start + b] = default;
                }
            }
        }
    }
}
