namespace Dsd.Schedules;

/// <summary>The groups of a pattern on one tensor.</summary>
public sealed class PatternGroups
{
    /// <summary>Describes groups of equal size that together hold every weight once.</summary>
    /// <param name="count">How many groups there are, at least 0.</param>
    /// <param name="size">How many weights each group has, at least 1.</param>
    /// <param name="keep">How many weights of each group stay, from 1 to <paramref name="size"/>.</param>
    /// <param name="index">The row-major index of a weight, by its group and its place in the group, both from 0.</param>
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

    /// <summary>How many groups there are.</summary>
    public long Count { get; }

    /// <summary>How many weights each group has.</summary>
    public int Size { get; }

    /// <summary>How many weights of each group stay.</summary>
    public int Keep { get; }

    /// <summary>The row-major index of a weight, by its group and its place in the group.</summary>
    public Func<long, int, long> Index { get; }

    /// <summary>How many weights of the tensor stay.</summary>
    public long Kept => Count * Keep;
}
