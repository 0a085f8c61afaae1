using System.Globalization;

namespace Dsd.Schedules;

/// <summary>Which weights stay: those that rank highest by magnitude, at random, or by a function of the user's.</summary>
public sealed record MaskCriterion
{
    private MaskCriterion(CriterionKind kind, long seed, string? name)
    {
        Kind = kind;
        Seed = seed;
        Name = name;
    }

    /// <summary>The largest absolute values stay.</summary>
    public static MaskCriterion Magnitude { get; } = new(CriterionKind.Magnitude, 0, null);

    /// <summary>What ranks the weights.</summary>
    public CriterionKind Kind { get; }

    /// <summary>The seed of a random criterion; 0 for the others.</summary>
    public long Seed { get; }

    /// <summary>The name of a custom criterion; null for the others.</summary>
    public string? Name { get; }

    /// <summary>A random order that depends on the seed, the layer's name and the weight's index alone: drawn again, it is the same.</summary>
    /// <param name="seed">Any number; another gives another order.</param>
    public static MaskCriterion Random(long seed) => new(CriterionKind.Random, seed, null);

    /// <summary>A score function that the session is given under this name.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static MaskCriterion Custom(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new(CriterionKind.Custom, 0, name);
    }

    /// <summary>The criterion as text, e.g. <c>"magnitude"</c> or <c>"random (seed 1)"</c>.</summary>
    public override string ToString() => Kind switch
    {
        CriterionKind.Random => string.Create(CultureInfo.InvariantCulture, $"random (seed {Seed})"),
        CriterionKind.Custom => $"custom '{Name}'",
        _ => "magnitude",
    };
}
