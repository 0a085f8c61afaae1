namespace Dsd.Schedules;

/// <summary>The pattern of a mask: which sets of weights may stay.</summary>
public sealed record MaskPattern
{
    private MaskPattern(IMaskPattern? builtIn, string? name) => (BuiltIn, Name) = (builtIn, name);

    /// <summary>Any set of weights of the right number.</summary>
    public static MaskPattern Element { get; } = new(null, null);

    /// <summary>The name under which the user gives the pattern; null where it is built in.</summary>
    public string? Name { get; }

    /// <summary>How many neighbours stay under N of M; null for other patterns.</summary>
    public int? Keep => (BuiltIn as NOfM)?.Keep;

    /// <summary>Of how many neighbours under N of M; null for other patterns.</summary>
    public int? Of => (BuiltIn as NOfM)?.Of;

    /// <summary>Along which dimension under N of M; null for other patterns.</summary>
    public int? Axis => (BuiltIn as NOfM)?.Axis;

    internal IMaskPattern? BuiltIn { get; }

    /// <summary>Of every so many neighbours along a dimension, equally many stay; the sparsity of the layer must be 1 − keep / of.</summary>
    /// <param name="keep">How many stay, at least 1 and fewer than <paramref name="of"/>.</param>
    /// <param name="of">Of how many neighbours, at least 2; the dimension must be a multiple of it.</param>
    /// <param name="axis">The dimension, from 0. Default 1: the inputs.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskPattern NOfM(int keep, int of, int axis = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(of, keep);
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        return new(new NOfM(keep, of, axis), null);
    }

    /// <summary>A pattern of the user's, given to the plan under this name with <c>MaskMethods.WithPattern</c>.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static MaskPattern Custom(string name) => new(null, CustomName.Of(name, "element"));

    /// <summary>The pattern as text, e.g. <c>"element"</c> or <c>"2:4 along inputs"</c>.</summary>
    public override string ToString() => Name is not null ? $"custom '{Name}'" : BuiltIn?.ToString() ?? "element";
}
