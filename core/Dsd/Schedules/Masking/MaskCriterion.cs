using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The criterion of a mask: the weights that rank highest stay, by magnitude, at random, or by a score function.</summary>
public sealed record MaskCriterion
{
    private MaskCriterion(CriterionKind kind, long? seed, string? name, GivenMasks? masks = null, double threshold = 0, bool inDeviations = false, double margin = 0)
    {
        Kind = kind;
        Seed = seed;
        Name = name;
        Masks = masks;
        ThresholdValue = threshold;
        InDeviations = inDeviations;
        Margin = margin;
    }

    /// <summary>The largest absolute values stay.</summary>
    public static MaskCriterion Magnitude { get; } = new(CriterionKind.Magnitude, 0, null);

    /// <summary>The largest |weight × gradient| stay, by the dense gradient of the last step; in a first phase a trainer computes the gradients of the first batch (SNIP).</summary>
    public static MaskCriterion WeightTimesGradient { get; } = new(CriterionKind.WeightTimesGradient, 0, "weightTimesGradient");

    /// <summary>The largest |gradient| stay, by the dense gradient of the last step.</summary>
    public static MaskCriterion Gradient { get; } = new(CriterionKind.Gradient, 0, "gradient");

    /// <summary>
    /// The largest sums of −weight × gradient over the steps of the phase stay, so that weights which move away from 0 do (movement pruning; Sanh et al., 2020). The sparsity of the
    /// phase must start at 0, since nothing has moved before its first step.
    /// </summary>
    public static MaskCriterion Movement { get; } = new(CriterionKind.Movement, 0, "movement");

    private string SeedText => Seed is { } seed ? string.Create(CultureInfo.InvariantCulture, $"seed {seed}") : "seed of the run";

    /// <summary>The kind of ranking.</summary>
    internal CriterionKind Kind { get; }

    /// <summary>The seed of a random criterion; null for the seed of the run, and 0 for the others.</summary>
    public long? Seed { get; }

    /// <summary>The masks that exist already; null for a criterion that ranks.</summary>
    public GivenMasks? Masks { get; }

    /// <summary>The threshold of the absolute value; 0 for a criterion that ranks.</summary>
    public double ThresholdValue { get; }

    /// <summary>True if the threshold is in standard deviations of the layer's weights.</summary>
    public bool InDeviations { get; }

    /// <summary>The fraction of the threshold by which a kept weight may be below it, and a pruned one must be above it; 0 if both change at the threshold itself.</summary>
    public double Margin { get; }

    /// <summary>True if the criterion decides how many weights each layer keeps, so that only the most that may be pruned is planned.</summary>
    public bool DecidesCount => Kind is CriterionKind.Threshold or CriterionKind.Given or CriterionKind.RandomOfEqualNorm;

    /// <summary>True if the scores are computed of the last step's gradients, which must then be kept.</summary>
    internal bool ReadsGradients => Kind is CriterionKind.WeightTimesGradient or CriterionKind.Gradient or CriterionKind.Custom;

    /// <summary>The name of the function that scores the weights; null for magnitude and random.</summary>
    public string? Name { get; }

    /// <summary>A random order that depends only on the seed, the layer's name and the weight's index, so that it is reproducible.</summary>
    /// <param name="seed">Any number; another seed yields another order.</param>
    public static MaskCriterion Random(long seed) => new(CriterionKind.Random, seed, null);

    /// <summary>A random order that depends on the seed of the run, the layer's name and the weight's index: another one for each seed of a study.</summary>
    public static MaskCriterion Random() => new(CriterionKind.Random, null, null);

    /// <summary>
    /// A random mask that takes as much from a layer as a magnitude mask would: weights are pruned in the order of <see cref="Random(long)"/>, up to the first that would raise the sum of their squares above that of
    /// the weights which a magnitude mask at the sparsity of the phase would prune. A control for the size of the perturbation.
    /// </summary>
    /// <remarks>
    /// As the smallest weights have the least norm, no more are pruned than by magnitude, and usually far fewer; the sparsity of the phase is the most that may be pruned of a layer. Where masks are chosen
    /// again, pruned weights count with the value that they had when they were pruned, and unless the update may regrow weights, none returns. Sums are in double precision.
    /// </remarks>
    /// <param name="seed">Any number; another seed yields another order.</param>
    public static MaskCriterion RandomOfEqualNorm(long seed) => new(CriterionKind.RandomOfEqualNorm, seed, null);

    /// <summary>The same as <see cref="RandomOfEqualNorm(long)"/>, in the order of <see cref="Random()"/>: another one for each seed of a study.</summary>
    public static MaskCriterion RandomOfEqualNorm() => new(CriterionKind.RandomOfEqualNorm, null, null);

    /// <summary>Weights stay whose absolute value is at least a threshold; the sparsity of the phase is the most that may be pruned of a layer.</summary>
    /// <param name="value">The threshold, above 0 and finite.</param>
    /// <param name="margin">The fraction of the threshold, at least 0 and below 1, by which a kept weight may be below it and a pruned one must be above it. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskCriterion Threshold(double value, double margin = 0) => Threshold(value, false, margin);

    /// <summary>
    /// Weights stay whose absolute value is at least a number of standard deviations of the layer's weights (Han et al., 2015); the sparsity of the phase is the most that may be
    /// pruned of a layer. The deviation is that of all weights at the first choice of the phase, and holds for its later choices.
    /// </summary>
    /// <param name="deviations">The number of standard deviations, above 0 and finite.</param>
    /// <param name="margin">The fraction of the threshold, at least 0 and below 1, by which a kept weight may be below it and a pruned one must be above it. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskCriterion ThresholdInDeviations(double deviations, double margin = 0) => Threshold(deviations, true, margin);

    /// <summary>Exactly the weights stay that given masks keep; the sparsity of the phase is the most that may be pruned of a layer.</summary>
    /// <param name="masks">The masks.</param>
    public static MaskCriterion Given(GivenMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return new(CriterionKind.Given, 0, null, masks);
    }

    /// <summary>A custom score function, passed to the session under this name with <c>MaskMethods.WithCriterion</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in criterion.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static MaskCriterion Custom(string name) => CustomOfFile(CustomName.Of(name, "magnitude", "random", "randomOfEqualNorm", Gradient.Name!, Movement.Name!, "threshold", "given"));

    /// <summary>A custom score function in a file, where older versions allowed the names of two built-in criteria.</summary>
    internal static MaskCriterion CustomOfFile(string name) => new(CriterionKind.Custom, 0, CustomName.Of(name, WeightTimesGradient.Name!));

    /// <summary>Formats the criterion, e.g. <c>"magnitude"</c> or <c>"random (seed 1)"</c>.</summary>
    public override string ToString() => Kind switch
    {
        CriterionKind.Random => $"random ({SeedText})",
        CriterionKind.RandomOfEqualNorm => $"random of equal norm ({SeedText})",
        CriterionKind.WeightTimesGradient => "weight × gradient",
        CriterionKind.Gradient => "gradient",
        CriterionKind.Movement => "movement",
        CriterionKind.Threshold => string.Create(CultureInfo.InvariantCulture, $"threshold {ThresholdValue:R}{(InDeviations ? " σ" : "")}") + (Margin == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ± {Margin:R}")),
        CriterionKind.Given => Masks!.ToString(),
        CriterionKind.Custom => $"custom '{Name}'",
        _ => "magnitude",
    };

    /// <summary>Copies a random criterion that has a seed with a number added to that, so that each trial of a study has its own order; returns any other as it is.</summary>
    internal MaskCriterion WithSeedMovedBy(long number) =>
        Kind is CriterionKind.Random or CriterionKind.RandomOfEqualNorm && Seed is { } seed ? new(Kind, unchecked(seed + number), null) : this;

    private static MaskCriterion Threshold(double value, bool inDeviations, double margin)
    {
        _ = value > 0 && double.IsFinite(value) ? 0 : throw new ArgumentOutOfRangeException(inDeviations ? "deviations" : nameof(value), value, "A threshold is a finite number above 0.");
        _ = margin is >= 0 and < 1 ? 0 : throw new ArgumentOutOfRangeException(nameof(margin), margin, "The margin is a fraction of the threshold, at least 0 and below 1.");
        return new(CriterionKind.Threshold, 0, null, null, value, inDeviations, margin);
    }
}
