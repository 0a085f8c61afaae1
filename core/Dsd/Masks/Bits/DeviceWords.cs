using System.Runtime.InteropServices;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The words of a mask in the memory of a device. They stay there as long as something refers to this object.</summary>
internal sealed unsafe class DeviceWords
{
    private const long MostUncollected = 256L << 20;
    private static long s_sinceCollection;
    private readonly Tensor _all;
    private readonly long _from;
    private readonly int _length;

    /// <summary>Takes words that lie on a device.</summary>
    /// <param name="all">Bytes, outside of dispose scopes: the words of one mask, or those of several one after another.</param>
    /// <param name="from">The index of the mask's first word.</param>
    /// <param name="length">The number of its words.</param>
    public DeviceWords(Tensor all, long from, int length)
    {
        (_all, _from, _length) = (all, from, length);
        if (Interlocked.Add(ref s_sinceCollection, Bytes) > MostUncollected)
        {
            // The collector knows nothing of a device's memory, and would leave masks that nobody needs there for long.
            Volatile.Write(ref s_sinceCollection, 0);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Optimized, blocking: false);
        }
    }

    /// <summary>The address of the first word on the device; valid as long as this object is referred to.</summary>
    public ulong* Address => (ulong*)TensorMemory.Of(_all) + _from;

    private long Bytes => (long)_length * sizeof(ulong);

    /// <summary>Copies words to a device.</summary>
    public static DeviceWords Copy(ReadOnlySpan<ulong> words, Device device)
    {
        using var scope = NewDisposeScope();
        return new(tensor(MemoryMarshal.AsBytes(words).ToArray(), dtype: uint8, device: device).DetachFromDisposeScope(), 0, words.Length);
    }

    /// <summary>True if the words are on a device.</summary>
    public bool IsOn(Device device) => TensorMemory.IsOn(_all, device);

    /// <summary>Returns the words as a tensor of bytes, which shares their memory.</summary>
    public Tensor AsTensor() => _all.narrow(0, _from * sizeof(ulong), Bytes);

    /// <summary>Copies the words to the CPU, after all that was queued before.</summary>
    public ulong[] Read()
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, ulong>(AsTensor().cpu().contiguous().bytes).ToArray();
    }
}
