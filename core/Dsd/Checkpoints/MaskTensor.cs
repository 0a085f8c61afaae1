using Dsd.Masks;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Masks as tensors of a file: a boolean tensor of the parameter's shape, true where a weight is kept.</summary>
internal static class MaskTensor
{
    /// <summary>The beginning of the names of all that a file holds besides a model's weights.</summary>
    public const string Reserved = "dsd/";

    /// <summary>The beginning of the name of a mask; the parameter's name follows.</summary>
    public const string Prefix = Reserved + "mask/";

    /// <summary>Creates the tensor of a mask on the CPU; the caller owns it.</summary>
    public static Tensor Of(BitMask mask, long[] shape)
    {
        using var pruned = MaskedMemory.Pruned(mask, shape, CPU);
        return pruned.logical_not();
    }

    /// <summary>Reads a mask of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The name of its tensor.</param>
    /// <exception cref="DsdException">It is not boolean, or not of its parameter's shape.</exception>
    public static BitMask Read(SafeTensorsSet file, string name)
    {
        var (entry, parameter) = (file[name], name[Prefix.Length..]);
        if (file.TypeOf(name) != ScalarType.Bool || (file.Names.Contains(parameter) && !file[parameter].Shape.SequenceEqual(entry.Shape)))
        {
            throw new DsdException($"{file.Path}: the mask {name} is {entry.Type} ({SafeTensorsHeader.Join(entry.Shape)}); it must be BOOL{(file.Names.Contains(parameter) ? $" ({SafeTensorsHeader.Join(file[parameter].Shape)})" : "")}.");
        }

        using var kept = file.Read(name);
        return Read(kept);
    }

    /// <summary>Reads the mask of a contiguous boolean tensor on the CPU.</summary>
    public static BitMask Read(Tensor kept)
    {
        using var scope = NewDisposeScope();
        var words = BitMask.NewWords(kept.numel());
        var at = 0L;
        foreach (var piece in SafeTensorsFile.Pieces(kept))
        {
            foreach (var one in piece.bytes)
            {
                words[at >> 6] |= (one != 0 ? 1UL : 0) << (int)(at & 63);
                at++;
            }
        }

        return new(words, kept.numel());
    }
}
