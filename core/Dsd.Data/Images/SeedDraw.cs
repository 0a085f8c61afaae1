using Dsd.Runs;

namespace Dsd.Data;

/// <summary>The rule by which a seed draws its examples and wrong labels, as a pure function of an example's place in the data.</summary>
/// <remarks>
/// The place of an example is its position in the whole train split, or after it that in the validation split: the same for every limit and for every redrawn
/// split. One draw says if a label is wrong, another what it says instead, so that with more noise the same labels stay wrong.
/// </remarks>
/// <param name="Noise">Wrong labels; null for none.</param>
/// <param name="Redraw">The part of the data that is drawn anew.</param>
/// <param name="TrainLimit">The number of training examples; null for all.</param>
/// <param name="Seed">The seed of the run.</param>
internal sealed record SeedDraw(LabelNoise? Noise, Redraw Redraw, int? TrainLimit, long Seed)
{
    /// <summary>True if the data of a training config depend on the seed, or have wrong labels.</summary>
    public static bool IsIn(TrainingConfig config) => config.LabelNoise is not null || config.Redraw != Redraw.None;

    /// <summary>Creates the draw of a seed.</summary>
    public static SeedDraw Of(TrainingConfig config, long seed) => new(config.LabelNoise, config.Redraw, config.TrainLimit, seed);

    /// <summary>Describes the draw for the settings of a task, e.g. <c>", labels wrong with probability 0.2 (seed 1), splits drawn by seed 1"</c>.</summary>
    public string Details => FormattableString.Invariant($"{(Noise is null ? "" : $", labels wrong with probability {Noise.Fraction:R} (seed {NoiseSeed})")}{Redraw switch
    {
        Redraw.Train => $", training examples drawn by seed {Seed}",
        Redraw.Splits => $", splits drawn by seed {Seed}",
        _ => "",
    }}");

    private long NoiseSeed => Noise!.Seed ?? Seed;

    /// <summary>Draws the examples to train and to validate on.</summary>
    /// <param name="train">The number of examples in the published train split.</param>
    /// <param name="validation">The number of examples in the published validation split, which the result has too.</param>
    /// <returns>Their places, in ascending order. With a smaller limit the same examples are drawn, but fewer.</returns>
    public (int[] Train, int[] Validation) Examples(int train, int validation)
    {
        var count = Math.Min(TrainLimit ?? train, train);
        var all = Redraw switch
        {
            Redraw.Splits => CounterRandom.For(Seed, "redrawn splits").Permutation(train + validation),
            Redraw.Train => [.. CounterRandom.For(Seed, "redrawn train").Permutation(train), .. Enumerable.Range(train, validation)],
            _ => Enumerable.Range(0, train + validation).ToArray(),
        };
        return ([.. all.Take(count).Order()], [.. all.Skip(train).Order()]);
    }

    /// <summary>Draws the label of a training example.</summary>
    /// <param name="place">The place of the example.</param>
    /// <param name="label">Its true class.</param>
    /// <param name="classes">The number of classes, at least 2.</param>
    /// <returns>The true class, or a wrong one, uniform among the others.</returns>
    public int Label(int place, int label, int classes)
    {
        if (Noise is null || CounterRandom.For(NoiseSeed, "wrong labels").Uniform(place) >= Noise.Fraction)
        {
            return label;
        }

        var other = CounterRandom.For(NoiseSeed, "classes of wrong labels").Below(place, classes - 1);
        return other < label ? other : other + 1;
    }
}
