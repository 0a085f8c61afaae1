namespace Dsd.Schedules;

/// <summary>Masks that exist before a phase chooses its own: those of an earlier phase, or of a tensor, a file or another run under a name.</summary>
/// <remarks>
/// <c>MaskMethods.WithMasks("ticket", WeightFile.Masks("run/dsd/1-sparse.safetensors"))</c> passes masks under a name. A phase has exactly these masks by
/// <see cref="MaskCriterion.Given"/>, or chooses among the weights that they keep by <see cref="MaskRule.WithWithin"/>.
/// </remarks>
public sealed record GivenMasks
{
    private GivenMasks(string? name = null, string? combination = null, GivenMasks? left = null, GivenMasks? right = null)
    {
        Name = name;
        Combination = combination;
        Left = left;
        Right = right;
    }

    /// <summary>The last masks of the sparse phase before; a layer that it did not prune has one that keeps every weight.</summary>
    public static GivenMasks PreviousPhase { get; } = new();

    /// <summary>The name of the masks; null if they are those of the previous phase or combined.</summary>
    public string? Name { get; }

    /// <summary>All names in the combination, each once.</summary>
    internal IEnumerable<string> Names => (Name is null ? [] : new[] { Name }).Concat(Left?.Names ?? []).Concat(Right?.Names ?? []).Distinct();

    /// <summary>True if masks of the previous phase are in the combination.</summary>
    internal bool HasPrevious => (Name is null && Combination is null) || Left?.HasPrevious == true || Right?.HasPrevious == true;

    internal string? Combination { get; }

    internal GivenMasks? Left { get; }

    internal GivenMasks? Right { get; }

    /// <summary>Masks that are passed to plan and session under a name, with <c>MaskMethods.WithMasks</c>.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static GivenMasks Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new(name);
    }

    /// <summary>The masks that keep what both keep.</summary>
    /// <param name="other">The other masks.</param>
    public GivenMasks And(GivenMasks other) => Combined("and", other);

    /// <summary>The masks that keep what either keeps.</summary>
    /// <param name="other">The other masks.</param>
    public GivenMasks Or(GivenMasks other) => Combined("or", other);

    /// <summary>Formats the masks, e.g. <c>"masks 'ticket'"</c> or <c>"(masks 'a' and the previous masks)"</c>.</summary>
    public override string ToString() =>
        Name is not null ? $"masks '{Name}'" : Combination is null ? "the previous masks" : $"({Left} {Combination} {Right})";

    private GivenMasks Combined(string combination, GivenMasks other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(null, combination, this, other);
    }
}
