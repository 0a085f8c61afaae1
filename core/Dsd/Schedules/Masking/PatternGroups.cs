namespace Dsd.Schedules;

/// <summary>The groups of a pattern on one tensor: each group is made of units, which are kept or pruned as a whole, and keeps the same number of them.</summary>
/// <remarks>A unit is a single weight, as under N:M, or several, such as a block or a row. Groups of another size, such as those at an edge, are joined by <see cref="And"/>.</remarks>
public sealed class PatternGroups
{
    /// <summary>Describes groups of equal size, no two of which share a weight.</summary>
    /// <param name="count">The number of groups, at least 0.</param>
    /// <param name="size">The number of units in each group, at least 1.</param>
    /// <param name="keep">The number of units kept in each group, from 0 to <paramref name="size"/>; 0 only where groups joined to these keep some.</param>
    /// <param name="index">
    /// The row-major index of a weight, by its group and its place in the group, both from 0; unit u of a group holds the places from
    /// u × <paramref name="unitSize"/> on. A pure function: it is called on several threads at once and must not use tensors.
    /// </param>
    /// <param name="unitSize">The number of weights in each unit, at least 1. Default 1: single weights.</param>
    /// <param name="norm">The norm of the scores that ranks units of several weights; ties go to the lower unit. Default L2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public PatternGroups(long count, long size, long keep, Func<long, long, long> index, long unitSize = 1, UnitNorm norm = UnitNorm.L2)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, size);
        ArgumentOutOfRangeException.ThrowIfLessThan(unitSize, 1);
        ArgumentNullException.ThrowIfNull(index);
        Count = count;
        Size = size;
        Keep = keep;
        Index = index;
        UnitSize = unitSize;
        Norm = Defined.Value(norm);
    }

    internal PatternGroups(NeighbourStrides strides, long keep)
        : this(strides.Count, strides.Of, keep, (group, place) => strides.First(group) + (place * strides.Stride)) => Neighbours = strides;

    internal PatternGroups(BlockStrides strides, long keep, UnitNorm norm)
        : this(1, strides.Down * strides.Across, keep, (_, place) => strides.Index(place), strides.Height * strides.Width, norm) => Blocks = strides;

    private PatternGroups(PatternGroups first, PatternGroups rest)
        : this(first.Count, first.Size, first.Keep, first.Index, first.UnitSize, first.Norm) => (Neighbours, Blocks, Rest) = (first.Neighbours, first.Blocks, rest);

    /// <summary>The number of groups, without those of <see cref="Rest"/>.</summary>
    public long Count { get; }

    /// <summary>The number of units in each group.</summary>
    public long Size { get; }

    /// <summary>The number of units kept in each group.</summary>
    public long Keep { get; }

    /// <summary>The number of weights in each unit.</summary>
    public long UnitSize { get; }

    /// <summary>The norm of the scores that ranks units of several weights.</summary>
    public UnitNorm Norm { get; }

    /// <summary>The row-major index of a weight, by its group and its place in the group.</summary>
    public Func<long, long, long> Index { get; }

    /// <summary>Further groups of another size, or null.</summary>
    public PatternGroups? Rest { get; }

    /// <summary>The number of weights kept in the tensor, by these groups and <see cref="Rest"/>.</summary>
    public long Kept => (Count * Keep * UnitSize) + (Rest?.Kept ?? 0);

    /// <summary>The number of weights of these groups and <see cref="Rest"/>.</summary>
    public long Weights => (Count * Size * UnitSize) + (Rest?.Weights ?? 0);

    /// <summary>The strides of neighbours along an axis, if the groups are such.</summary>
    internal NeighbourStrides? Neighbours { get; }

    /// <summary>The strides of blocks of a matrix, if the units are such.</summary>
    internal BlockStrides? Blocks { get; }

    /// <summary>These groups and those joined to them, each of equal size.</summary>
    internal IEnumerable<PatternGroups> Parts
    {
        get
        {
            for (var part = this; part is not null; part = part.Rest)
            {
                yield return part;
            }
        }
    }

    /// <summary>Joins groups of another size to these, e.g. those at an edge that is no multiple of the size.</summary>
    /// <param name="others">The other groups, which share no weight with these.</param>
    public PatternGroups And(PatternGroups others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new(this, Rest?.And(others) ?? others);
    }
}
