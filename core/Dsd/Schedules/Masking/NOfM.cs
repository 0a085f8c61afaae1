using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The N:M pattern: of every M neighbours along an axis, N stay (sparse tensor cores compute 2:4 along the inputs).</summary>
/// <remarks>Source: Mishra et al., "Accelerating sparse deep neural networks", 2021.</remarks>
/// <param name="Keep">The number kept in each group, at least 1 and below <paramref name="Of"/>.</param>
/// <param name="Of">The number of neighbours in a group.</param>
/// <param name="Axis">The dimension, from 0.</param>
/// <param name="Pad">Whether the last group along the axis may have fewer than <paramref name="Of"/> neighbours, as if zeros followed; it keeps N of them, or all if there are fewer.</param>
internal sealed record NOfM(int Keep, int Of, int Axis, bool Pad = false) : IMaskPattern
{
    /// <summary>The one sparsity of the pattern.</summary>
    // In decimal, as counts are computed from sparsities: 1 of 3 is exactly 0.6666666666666667, not one bit off.
    public double Sparsity => (double)(1 - ((decimal)Keep / Of));

    public string? Refuse(ValueList<long> dims, Sparsity sparsity)
    {
        if (dims.Count <= Axis)
        {
            return string.Create(CultureInfo.InvariantCulture, $"has {dims.Count} dimension{(dims.Count == 1 ? "" : "s")}, so that there is no axis {Axis} for {this}. Keep it dense");
        }

        var length = dims[Axis];
        if (length % Of != 0 && !Pad)
        {
            return string.Create(CultureInfo.InvariantCulture, $"is {length} long on axis {Axis}, which is no multiple of {Of}, as {this} needs. Keep it dense, give the layer a width that is, or pad the last group with MaskPattern.NOfM({Keep}, {Of}, {Axis}, pad: true), in JSON \"pad\": true");
        }

        // A padded axis is as long as its groups are, and the sparsity is that of full groups.
        var places = dims.Aggregate(1L, (product, dim) => product * dim) / Math.Max(1, length) * ((length + Of - 1) / Of * Of);
        return sparsity.Kept(places) == places / Of * Keep
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"has a sparsity of {sparsity.ToShortString()}, but {this} is one of {Sparsity:G6} and no other. Write {Sparsity:R}");
    }

    public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
    {
        var (before, length, after) = (Product(dims.Take(Axis)), dims[Axis], Product(dims.Skip(Axis + 1)));
        var (bands, rest) = Math.DivRem(length, Of);
        var full = new PatternGroups(new NeighbourStrides(0, before, length * after, bands, Of, after), Keep);
        return rest == 0 ? full : full.And(new(new NeighbourStrides(bands * Of * after, before, length * after, 1, rest, after), Math.Min(Keep, rest)));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Keep}:{Of} along {(Axis == 0 ? "outputs" : Axis == 1 ? "inputs" : $"axis {Axis}")}{(Pad ? ", padded" : "")}");

    private static long Product(IEnumerable<long> dims) => dims.Aggregate(1L, (product, dim) => product * dim);
}
