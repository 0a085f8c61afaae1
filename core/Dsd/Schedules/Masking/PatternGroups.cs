namespace Dsd.Schedules;

/// <summary>The groups of a pattern on one tensor.</summary>
public sealed class PatternGroups
{
    /// <summary>Describes groups of equal size that together hold every weight once.</summary>
    /// <param name="count">The number of groups, at least 0.</param>
    /// <param name="size">The number of weights in each group, at least 1.</param>
    /// <param name="keep">The number of weights kept in each group, from 1 to <paramref name="size"/>.</param>
    /// <param name="index">The row-major index of a weight, by its group and its position in the group, both from 0. A pure function: it is called on several threads at once and must not use tensors.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public PatternGroups(long count, int size, int keep, Func<long, int, long> index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, size);
        ArgumentNullException.ThrowIfNull(index);
        Count = count;
        Size = size;
        Keep = keep;
        Index = index;
    }

    /// <summary>The number of groups.</summary>
    public long Count { get; }

    /// <summary>The number of weights in each group.</summary>
    public int Size { get; }

    /// <summary>The number of weights kept in each group.</summary>
    public int Keep { get; }

    /// <summary>The row-major index of a weight, by its group and its position in the group.</summary>
    public Func<long, int, long> Index { get; }

    /// <summary>The number of weights kept in the tensor.</summary>
    public long Kept => Count * Keep;
}
