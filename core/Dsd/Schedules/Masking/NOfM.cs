using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The N:M pattern: of every M neighbours along an axis, N stay (sparse tensor cores compute 2:4 along the inputs).</summary>
/// <remarks>Source: Mishra et al., "Accelerating sparse deep neural networks", 2021.</remarks>
/// <param name="Keep">The number kept in each group, at least 1 and below <paramref name="Of"/>.</param>
/// <param name="Of">The number of neighbours in a group.</param>
/// <param name="Axis">The dimension, from 0.</param>
internal sealed record NOfM(int Keep, int Of, int Axis) : IMaskPattern
{
    // In decimal, as counts are computed from sparsities: 1 of 3 is exactly 0.6666666666666667, not one bit off.
    private double Sparsity => (double)(1 - ((decimal)Keep / Of));

    public string? Refuse(ValueList<long> dims, Sparsity sparsity)
    {
        if (dims.Count <= Axis)
        {
            return string.Create(CultureInfo.InvariantCulture, $"has {dims.Count} dimension{(dims.Count == 1 ? "" : "s")}, so that there is no axis {Axis} for {this}. Keep it dense");
        }

        if (dims[Axis] % Of != 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"is {dims[Axis]} long on axis {Axis}, which is no multiple of {Of}, as {this} needs. Keep it dense, or give the layer a width that is");
        }

        var weights = dims.Aggregate(1L, (product, dim) => product * dim);
        return sparsity.Kept(weights) == weights / Of * Keep
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"has a sparsity of {sparsity.ToShortString()}, but {this} is one of {Sparsity:G6} and no other. Write {Sparsity:R}");
    }

    public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
    {
        // The stride between neighbours along the axis is the product of the dimensions after it.
        var (stride, of) = (dims.Skip(Axis + 1).Aggregate(1L, (product, dim) => product * dim), Of);
        var count = dims.Aggregate(1L, (product, dim) => product * dim) / Of;
        return new PatternGroups(count, Of, Keep, (group, place) => (((group / stride * of) + place) * stride) + (group % stride));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Keep}:{Of} along {(Axis == 0 ? "outputs" : Axis == 1 ? "inputs" : $"axis {Axis}")}");
}
