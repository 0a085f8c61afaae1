using System.Runtime.CompilerServices;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Turns masks into boolean tensors and back.</summary>
internal static class BitTensor
{
    private const int WordsAPart = 1 << 12;

    /// <summary>Reads a boolean tensor row by row.</summary>
    public static unsafe BitMask Read(Tensor kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        if (kept.dtype != ScalarType.Bool)
        {
            throw new ArgumentException($"A mask is a boolean tensor, true where a weight is kept; got {kept.dtype}. Write weight.ne(0) for the weights that are not 0.", nameof(kept));
        }

        using var scope = NewDisposeScope();
        var plain = kept.detach().cpu().contiguous();
        var (words, count, bytes) = (BitMask.NewWords(plain.numel()), plain.numel(), (nint)TensorMemory.Of(plain));
        CpuTeam.Run((words.Length + WordsAPart - 1) / WordsAPart, part =>
        {
            for (var w = part * WordsAPart; w < Math.Min(words.Length, (part + 1) * WordsAPart); w++)
            {
                words[w] = Word((byte*)bytes + ((long)w << 6), (int)Math.Min(64, count - ((long)w << 6)));
            }
        });
        GC.KeepAlive(plain);
        return new(words, count);
    }

    /// <summary>Writes a mask row by row.</summary>
    public static unsafe Tensor Write(BitMask mask, long[] shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Any(d => d < 0) || shape.Aggregate((Int128)1, (product, dim) => product * dim) != mask.Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"The mask is for {mask.Count} weights, but the shape is ({string.Join(", ", shape)})."), nameof(shape));
        }

        var kept = empty(shape, dtype: ScalarType.Bool);
        var bytes = (nint)TensorMemory.Of(kept);
        var words = mask.Words.Length;
        CpuTeam.Run((words + WordsAPart - 1) / WordsAPart, part =>
        {
            for (var i = (long)part * WordsAPart << 6; i < Math.Min(mask.Count, (part + 1L) * WordsAPart << 6); i++)
            {
                ((byte*)bytes)[i] = (byte)(mask.Words[(int)(i >> 6)] >> (int)(i & 63) & 1);
            }
        });
        GC.KeepAlive(kept);
        return kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe ulong Word(byte* bytes, int length)
    {
        var word = 0UL;
        for (var i = 0; i < length; i++)
        {
            word |= (ulong)(bytes[i] & 1) << i;
        }

        return word;
    }
}
