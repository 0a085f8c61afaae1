namespace Dsd.Schedules;

/// <summary>Groups of neighbours along one axis, as numbers rather than as a function: the kernels of masks follow them.</summary>
/// <remarks>The groups are counted by stretch, then by band of groups along the axis, then by the position after the axis.</remarks>
/// <param name="Origin">The index of the first weight of the first group.</param>
/// <param name="Stretches">The number of stretches along the axis: the product of the dimensions before it.</param>
/// <param name="StretchStride">The distance between the first weights of two stretches.</param>
/// <param name="Bands">The number of bands of groups in each stretch.</param>
/// <param name="Of">The number of neighbours in a group.</param>
/// <param name="Stride">The distance between neighbours: the product of the dimensions after the axis.</param>
internal sealed record NeighbourStrides(long Origin, long Stretches, long StretchStride, long Bands, long Of, long Stride)
{
    /// <summary>The number of groups.</summary>
    public long Count => Stretches * Bands * Stride;

    /// <summary>The number of weights that a stretch's groups hold; they lie one after another.</summary>
    public long StretchLength => Bands * Of * Stride;

    /// <summary>The row-major index of the first weight of a group; the others follow at the stride.</summary>
    public long First(long group)
    {
        var (stretch, rest) = Math.DivRem(group, Bands * Stride);
        var (band, position) = Math.DivRem(rest, Stride);
        return Origin + (stretch * StretchStride) + (band * Of * Stride) + position;
    }
}
