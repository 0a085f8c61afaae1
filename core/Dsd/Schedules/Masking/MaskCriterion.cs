using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The criterion of a mask: the weights that rank highest stay, by magnitude, at random, or by a score function.</summary>
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

    /// <summary>The largest |weight × gradient| stay, by the dense gradient of the last step; the first phase cannot use it, since a step must precede.</summary>
    public static MaskCriterion WeightTimesGradient { get; } = new(CriterionKind.WeightTimesGradient, 0, "weightTimesGradient");

    /// <summary>The kind of ranking.</summary>
    internal CriterionKind Kind { get; }

    /// <summary>The seed of a random criterion; 0 for the others.</summary>
    public long Seed { get; }

    /// <summary>The name of the function that scores the weights; null for magnitude and random.</summary>
    public string? Name { get; }

    /// <summary>A random order that depends only on the seed, the layer's name and the weight's index, so that it is reproducible.</summary>
    /// <param name="seed">Any number; another seed yields another order.</param>
    public static MaskCriterion Random(long seed) => new(CriterionKind.Random, seed, null);

    /// <summary>A custom score function, passed to the session under this name with <c>MaskMethods.WithCriterion</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in criterion.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static MaskCriterion Custom(string name) => CustomOfFile(CustomName.Of(name, "magnitude", "random"));

    /// <summary>A custom score function in a file, where older versions allowed the names of two built-in criteria.</summary>
    internal static MaskCriterion CustomOfFile(string name) => new(CriterionKind.Custom, 0, CustomName.Of(name, WeightTimesGradient.Name!));

    /// <summary>Formats the criterion, e.g. <c>"magnitude"</c> or <c>"random (seed 1)"</c>.</summary>
    public override string ToString() => Kind switch
    {
        CriterionKind.Random => string.Create(CultureInfo.InvariantCulture, $"random (seed {Seed})"),
        CriterionKind.WeightTimesGradient => "weight × gradient",
        CriterionKind.Custom => $"custom '{Name}'",
        _ => "magnitude",
    };
}
