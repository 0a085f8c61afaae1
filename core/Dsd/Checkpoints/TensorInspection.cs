using Dsd.Execution;
using Dsd.Masks;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>The measures of one tensor of a weight file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The format's name of its type.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Values">The measures of its numbers; null if their type is not read.</param>
/// <param name="Mask">The measures of its mask; null if the file has none.</param>
internal sealed record TensorInspection(string Name, string Type, ValueList<long> Shape, TensorInspection.OfValues? Values, TensorInspection.OfMask? Mask)
{
    // Kept, since TorchSharp does not keep arguments alive while libtorch reads them.
    private static readonly Scalar s_zero = 0;

    /// <summary>The number of its elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, d) => product * d);

    /// <summary>Measures the tensors of a file one by one: its weights, each with its mask; not what else is under names of our own.</summary>
    public static IEnumerable<TensorInspection> Of(SafeTensorsSet file) =>
        file.Names.Where(n => !n.StartsWith(MaskTensor.Reserved, StringComparison.Ordinal)).Select(n => Of(file, n));

    private static TensorInspection Of(SafeTensorsSet file, string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (entry, masked) = (file[name], MaskTensor.Prefix + name);
        if (!SafeTensorsHeader.IsRead(entry.Type))
        {
            return new(name, entry.Type, entry.Shape, null, null);
        }

        var value = file.Read(name);
        var nonZero = value.ne(s_zero);
        var zeros = value.numel() - nonZero.sum().item<long>();
        var bad = value.is_floating_point() ? value.isfinite().logical_not().sum().item<long>() : 0;
        var values = new OfValues(zeros, zeros > 0 ? GroupSparsity.In(nonZero) : null, bad, bad > 0 ? NonFinite.In(value)?.ToString() : null);
        if (!file.Names.Contains(masked))
        {
            return new(name, entry.Type, entry.Shape, values, null);
        }

        var mask = MaskTensor.Read(file, masked);
        var kept = MaskTensor.Of(mask, value.shape);
        return new(name, entry.Type, entry.Shape, values, new(mask.Kept, mask.Kept < mask.Count ? GroupSparsity.In(kept) : null, nonZero.logical_and(kept.logical_not()).sum().item<long>()));
    }

    /// <summary>The measures of a tensor's numbers.</summary>
    /// <param name="Zeros">The number of those that are exactly zero.</param>
    /// <param name="Groups">The strictest N:M that its zeros satisfy; null for none.</param>
    /// <param name="NonFinite">The number of those that are NaN or infinite.</param>
    /// <param name="FirstNonFinite">The first of them and its place, e.g. <c>"NaN at [0, 1]"</c>; null for none.</param>
    internal sealed record OfValues(long Zeros, GroupSparsity? Groups, long NonFinite, string? FirstNonFinite);

    /// <summary>The measures of a mask.</summary>
    /// <param name="Kept">The number of weights that it keeps.</param>
    /// <param name="Groups">The strictest N:M that it satisfies; null for none.</param>
    /// <param name="PrunedNotZero">The number of weights that it prunes and that are not zero in the file, as after a phase without the mask.</param>
    internal sealed record OfMask(long Kept, GroupSparsity? Groups, long PrunedNotZero);
}
