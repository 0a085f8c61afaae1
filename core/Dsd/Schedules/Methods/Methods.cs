namespace Dsd.Schedules;

/// <summary>Published ways to train with masks, each a function that returns a schedule; one file each, with its source.</summary>
/// <remarks>
/// Every method has a total length and a learning rate over all of it, so that methods are compared at equal budgets. Where a paper leaves something open,
/// or the schedule language says it otherwise, the method's remarks say so. <see cref="Method.All"/> lists them with their parameters.
/// </remarks>
public static partial class Methods
{
    private static readonly Duration s_interval = Duration.Steps(100);

    /// <summary>Creates the phase of a part of a method's length and rate.</summary>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate over the total length.</param>
    /// <param name="from">The start of the phase, as a fraction of the length.</param>
    /// <param name="to">The end of the phase.</param>
    private static Phase Part(Duration duration, LearningRate rate, double from, double to)
    {
        ArgumentNullException.ThrowIfNull(duration);
        ArgumentNullException.ThrowIfNull(rate);

        // In decimal, so that a tenth of 30 epochs is 3; rounded where parts meet, so that together they are the whole.
        var digits = duration.Unit == DurationUnit.Epochs ? 9 : 0;
        decimal At(double part) => part == 1 ? (decimal)duration.Amount : Math.Round((decimal)duration.Amount * (decimal)part, digits);
        var (amount, isEpochs) = (At(to) - At(from), duration.Unit == DurationUnit.Epochs);
        var length = amount > 0
            ? isEpochs ? Duration.Epochs((double)amount) : Duration.Steps((long)amount)
            : throw new ArgumentOutOfRangeException(nameof(duration), duration, FormattableString.Invariant($"A part from {from:R} to {to:R} of {duration} is {(isEpochs ? "no time at all" : "less than one step")}. Use a longer duration."));
        return new Phase(null, length, from == 0 && to == 1 ? rate : rate.Part(from, to));
    }

    /// <summary>Makes a phase sparse.</summary>
    private static Phase Sparse(Phase phase, SparsityCurve sparsity, MaskRule mask, LayerScope? layers) =>
        phase.WithSparsity(sparsity).WithMask(mask).WithLayers(layers ?? LayerScope.Default);

    private static SparsityCurve Target(double sparsity, string name = "sparsity") => sparsity is > 0 and < 1
        ? SparsityCurve.Constant(sparsity)
        : throw new ArgumentOutOfRangeException(name, sparsity, "A method that prunes needs a sparsity above 0 and below 1.");

    private static double Fraction(double value, string name, bool mayBeZero = false) => value > 0 && value < 1 || (mayBeZero && value == 0)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"The fraction '{name}' is {(mayBeZero ? "at least" : "above")} 0 and below 1.");

    /// <summary>The dense phase with which a method begins, if it has one, and the phase of the rest.</summary>
    private static Schedule AfterDense(Duration duration, LearningRate rate, double dense, Func<Phase, Phase> rest) =>
        Fraction(dense, nameof(dense), mayBeZero: true) == 0
            ? new([rest(Part(duration, rate, 0, 1))])
            : new([Part(duration, rate, 0, dense), rest(Part(duration, rate, dense, 1))]);

    /// <summary>The end of updates as a fraction of a phase that begins later than the run.</summary>
    private static double UntilIn(double until, double dense) => until > dense && until <= 1
        ? Math.Min(1, (until - dense) / (1 - dense))
        : throw new ArgumentOutOfRangeException(nameof(until), until, "Masks are updated until a fraction of the length, above that of the dense phase and at most 1.");
}
