using System.Globalization;

namespace Dsd.Schedules;

/// <summary>Of every M neighbours along an axis, N stay (2 of 4 along the inputs is what sparse tensor cores compute).</summary>
/// <remarks>Source: Mishra et al., "Accelerating sparse deep neural networks", 2021.</remarks>
/// <param name="Keep">How many stay, at least 1 and fewer than <paramref name="Of"/>.</param>
/// <param name="Of">Of how many neighbours.</param>
/// <param name="Axis">Along which dimension, from 0.</param>
internal sealed record NOfM(int Keep, int Of, int Axis) : IMaskPattern
{
    // In decimal, as a count is made of a sparsity: 1 of 3 is 0.6666666666666667 and not one bit beside.
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
        // Neighbours along the axis lie as many weights apart as the dimensions behind it hold.
        var (stride, of) = (dims.Skip(Axis + 1).Aggregate(1L, (product, dim) => product * dim), Of);
        var count = dims.Aggregate(1L, (product, dim) => product * dim) / Of;
        return new PatternGroups(count, Of, Keep, (group, place) => (((group / stride * of) + place) * stride) + (group % stride));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Keep}:{Of} along {(Axis == 0 ? "outputs" : Axis == 1 ? "inputs" : $"axis {Axis}")}");
}
