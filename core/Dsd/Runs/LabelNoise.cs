using System.Globalization;

namespace Dsd.Runs;

/// <summary>Wrong labels in the train split: each example has, with a fixed probability, a class drawn uniformly from the other classes.</summary>
/// <remarks>
/// Which examples are wrong, and what they are said to be, is a pure function of the example, by its place in the whole data, and of the seed: the same for
/// every limit on the examples, and with more noise the same examples stay wrong. Validation and test keep their labels.
/// </remarks>
public sealed record LabelNoise
{
    /// <summary>Describes wrong labels.</summary>
    /// <param name="fraction">The probability that an example's label is wrong, above 0 and at most 1.</param>
    /// <param name="seed">The seed of the draw. Default null: the seed of the run, so that each seed of a study has other wrong labels.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fraction"/> is outside its range.</exception>
    public LabelNoise(double fraction, long? seed = null)
    {
        Fraction = fraction is > 0 and <= 1 ? fraction : throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The fraction of wrong labels is a number above 0 and at most 1; leave it out for none.");
        Seed = seed;
    }

    /// <summary>The probability that an example's label is wrong.</summary>
    public double Fraction { get; }

    /// <summary>The seed of the draw; null for the seed of the run.</summary>
    public long? Seed { get; }

    /// <summary>Formats it, e.g. <c>"20 % wrong labels (seed of the run)"</c>; the same in every culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Fraction * 100:0.####} % wrong labels ({(Seed is { } seed ? $"seed {seed}" : "seed of the run")})");
}
