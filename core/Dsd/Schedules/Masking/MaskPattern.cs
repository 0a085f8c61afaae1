namespace Dsd.Schedules;

/// <summary>The pattern of a mask: the sets of weights that may stay.</summary>
public sealed record MaskPattern
{
    private MaskPattern(IMaskPattern? builtIn, string? name) => (BuiltIn, Name) = (builtIn, name);

    /// <summary>Any set of weights of the right number.</summary>
    public static MaskPattern Element { get; } = new(null, null);

    /// <summary>The name of a custom pattern; null if the pattern is built in.</summary>
    public string? Name { get; }

    /// <summary>The number N of neighbours kept under N of M; null for other patterns.</summary>
    public int? Keep => (BuiltIn as NOfM)?.Keep;

    /// <summary>The number M of neighbours in a group under N of M; null for other patterns.</summary>
    public int? Of => (BuiltIn as NOfM)?.Of;

    /// <summary>The dimension of the neighbours under N of M, from 0; null for other patterns.</summary>
    public int? Axis => (BuiltIn as NOfM)?.Axis;

    internal IMaskPattern? BuiltIn { get; }

    /// <summary>An N:M pattern: each group of neighbours along a dimension keeps the same number; the sparsity of the layer must be 1 − keep / of.</summary>
    /// <param name="keep">The number kept in each group, at least 1 and below <paramref name="of"/>.</param>
    /// <param name="of">The number of neighbours in a group, at least 2; the dimension must be a multiple of it.</param>
    /// <param name="axis">The dimension, from 0. Default 1: the inputs.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskPattern NOfM(int keep, int of, int axis = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(of, keep);
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        return new(new NOfM(keep, of, axis), null);
    }

    /// <summary>A custom pattern, passed to the plan under this name with <c>MaskMethods.WithPattern</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in pattern.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static MaskPattern Custom(string name) => CustomOfFile(CustomName.Of(name, "nOfM"));

    /// <summary>A custom pattern in a file, where older versions allowed the name of a built-in one.</summary>
    internal static MaskPattern CustomOfFile(string name) => new(null, CustomName.Of(name, "element"));

    /// <summary>Formats the pattern, e.g. <c>"element"</c> or <c>"2:4 along inputs"</c>.</summary>
    public override string ToString() => Name is not null ? $"custom '{Name}'" : BuiltIn?.ToString() ?? "element";
}
