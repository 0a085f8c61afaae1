using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The update of a phase's masks: the times at which they are chosen, and the policy after the first.</summary>
/// <remarks>
/// Without a policy the criterion chooses each time. Masks of one phase are then nested unless they may regrow: where the sparsity rises, the
/// criterion prunes among the kept weights; where it is constant, so are the masks; where it falls, all kept weights stay, and of the pruned
/// ones those with the largest absolute values when pruned are regrown (under a random criterion, those that rank highest in its order).
/// </remarks>
public sealed record MaskUpdate
{
    /// <summary>The name of the policy of <see cref="SparseEvolution(long, double, double, Annealing)"/>.</summary>
    internal const string SetPolicy = "set";

    /// <summary>The name of the policy of <see cref="Rigl(long, double, double, Annealing)"/>.</summary>
    internal const string RiglPolicy = "rigl";

    private MaskUpdate(Duration? interval, bool mayRegrow, double until = 1, string? policy = null, bool isCustom = false, double fraction = 0, Annealing annealing = Annealing.Cosine)
    {
        Interval = interval;
        MayRegrow = mayRegrow;
        Until = until;
        Policy = policy;
        IsCustom = isCustom;
        Fraction = fraction;
        Annealing = annealing;
    }

    /// <summary>Once, before the first step of the phase.</summary>
    public static MaskUpdate Once { get; } = new(null, false);

    /// <summary>The time from one choice to the next; null if masks are chosen once.</summary>
    public Duration? Interval { get; }

    /// <summary>The number of steps from one choice to the next; null if masks are chosen once, or at an interval in epochs, which a plan converts.</summary>
    public long? IntervalSteps => Interval is { Unit: DurationUnit.Steps } steps ? (long)steps.Amount : null;

    /// <summary>True if each choice ranks all weights, so that pruned ones may be regrown while others are pruned.</summary>
    /// <remarks>A pruned weight then ranks by its magnitude when pruned, or by the score function's value.</remarks>
    public bool MayRegrow { get; }

    /// <summary>The fraction of the phase in which masks are updated, above 0 and at most 1; after it the last masks remain.</summary>
    public double Until { get; }

    /// <summary>The name of the policy that makes each mask after the first from the previous one; null if the criterion chooses each time.</summary>
    public string? Policy { get; }

    /// <summary>The fraction of the kept weights that a drop-and-grow policy exchanges at first, in (0, 1); 0 if none is set.</summary>
    public double Fraction { get; }

    /// <summary>The course of that fraction over the updates.</summary>
    public Annealing Annealing { get; }

    /// <summary>True if the policy is a custom one, which the session must be given.</summary>
    public bool IsCustom { get; }

    /// <summary>Updates masks before the first step of the phase and then at a fixed interval.</summary>
    /// <param name="steps">The interval in steps, at least 1.</param>
    /// <param name="mayRegrow">True to rank all weights each time, pruned ones too. Default false: masks are nested.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static MaskUpdate Every(long steps, bool mayRegrow = false) => new(Steps(steps), mayRegrow);

    /// <summary>Updates masks before the first step of the phase and then at a fixed interval.</summary>
    /// <param name="interval">The interval.</param>
    /// <param name="mayRegrow">True to rank all weights each time, pruned ones too. Default false: masks are nested.</param>
    public static MaskUpdate Every(Duration interval, bool mayRegrow = false) => new(Given(interval), mayRegrow);

    /// <summary>Sparse evolutionary training: the smallest kept weights are dropped and as many pruned ones are regrown at random (Mocanu et al., 2018).</summary>
    /// <param name="everySteps">Steps from one exchange to the next, at least 1.</param>
    /// <param name="fraction">The fraction of a layer's kept weights that is exchanged at the start of the phase, in (0, 1). Default 0.3.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1. Default 0.75.</param>
    /// <param name="annealing">The course of the fraction. Default: down to 0 along a cosine.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate SparseEvolution(long everySteps, double fraction = 0.3, double until = 0.75, Annealing annealing = Annealing.Cosine) =>
        SparseEvolution(Steps(everySteps), fraction, until, annealing);

    /// <summary>Sparse evolutionary training: the smallest kept weights are dropped and as many pruned ones are regrown at random (Mocanu et al., 2018).</summary>
    /// <param name="interval">The time from one exchange to the next.</param>
    /// <param name="fraction">The fraction of a layer's kept weights that is exchanged at the start of the phase, in (0, 1). Default 0.3.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1. Default 0.75.</param>
    /// <param name="annealing">The course of the fraction. Default: down to 0 along a cosine.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate SparseEvolution(Duration interval, double fraction = 0.3, double until = 0.75, Annealing annealing = Annealing.Cosine) =>
        Exchange(SetPolicy, interval, fraction, until, annealing);

    /// <summary>Rigged lottery: the smallest kept weights are dropped, and as many pruned ones with the largest dense gradients are regrown (Evci et al., 2020).</summary>
    /// <param name="everySteps">Steps from one exchange to the next, at least 1. Gradients of pruned weights are kept at the step before an exchange, and at no other.</param>
    /// <param name="fraction">The fraction of a layer's kept weights that is exchanged at the start of the phase, in (0, 1). Default 0.3.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1. Default 0.75.</param>
    /// <param name="annealing">The course of the fraction. Default: down to 0 along a cosine.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate Rigl(long everySteps, double fraction = 0.3, double until = 0.75, Annealing annealing = Annealing.Cosine) =>
        Rigl(Steps(everySteps), fraction, until, annealing);

    /// <summary>Rigged lottery: the smallest kept weights are dropped, and as many pruned ones with the largest dense gradients are regrown (Evci et al., 2020).</summary>
    /// <param name="interval">The time from one exchange to the next.</param>
    /// <param name="fraction">The fraction of a layer's kept weights that is exchanged at the start of the phase, in (0, 1). Default 0.3.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1. Default 0.75.</param>
    /// <param name="annealing">The course of the fraction. Default: down to 0 along a cosine.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate Rigl(Duration interval, double fraction = 0.3, double until = 0.75, Annealing annealing = Annealing.Cosine) =>
        Exchange(RiglPolicy, interval, fraction, until, annealing);

    /// <summary>A custom policy, passed to the session under this name with <c>MaskMethods.WithUpdate</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in policy.</param>
    /// <param name="everySteps">Steps from one mask to the next, at least 1.</param>
    /// <param name="fraction">A fraction for the policy to read, in (0, 1), or 0 for none. Default 0.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate Custom(string name, long everySteps, double fraction = 0) => Custom(name, Steps(everySteps), fraction);

    /// <summary>A custom policy, passed to the session under this name with <c>MaskMethods.WithUpdate</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in policy.</param>
    /// <param name="interval">The time from one mask to the next.</param>
    /// <param name="fraction">A fraction for the policy to read, in (0, 1), or 0 for none. Default 0.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fraction"/> is outside its range.</exception>
    public static MaskUpdate Custom(string name, Duration interval, double fraction = 0) => CustomOfFile(CustomName.Of(name, "once", RiglPolicy), Given(interval), fraction);

    /// <summary>A custom policy in a file, where older versions allowed the name of a built-in update.</summary>
    internal static MaskUpdate CustomOfFile(string name, Duration interval, double fraction) =>
        new(interval, mayRegrow: true, policy: CustomName.Of(name, SetPolicy), isCustom: true, fraction: fraction == 0 ? 0 : Exchanged(fraction));

    /// <summary>Copies this update, limited to the first part of the phase.</summary>
    /// <param name="until">The fraction of the phase after which the last masks remain, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="until"/> is outside that range, or masks are chosen only once.</exception>
    public MaskUpdate WithUntil(double until) => until is > 0 and <= 1 && (until == 1 || Interval is not null)
        ? new(Interval, MayRegrow, until, Policy, IsCustom, Fraction, Annealing)
        : throw new ArgumentOutOfRangeException(nameof(until), until, Interval is null ? "Masks that are chosen only once cannot have an end of updates." : "Masks are updated until a fraction of the phase, above 0 and at most 1.");

    /// <summary>Copies this update with its interval in steps.</summary>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <returns>At least one step from one choice to the next.</returns>
    public MaskUpdate InSteps(int stepsPerEpoch) => Interval is { Unit: DurationUnit.Epochs } epochs
        ? new(Duration.Steps(Math.Max(1, epochs.ToSteps(stepsPerEpoch))), MayRegrow, Until, Policy, IsCustom, Fraction, Annealing)
        : this;

    /// <summary>Counts the mask choices in a phase.</summary>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <returns>At least 1.</returns>
    /// <exception cref="InvalidOperationException">The interval is in epochs.</exception>
    public long CountIn(long phaseSteps) => KnownSteps is { } interval ? ((StepsIn(phaseSteps) - 1) / interval) + 1 : 1;

    /// <summary>True if masks are chosen before a step of a phase.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <exception cref="InvalidOperationException">The interval is in epochs.</exception>
    public bool IsDue(long step, long phaseSteps) => step == 0 || (KnownSteps is { } interval && step % interval == 0 && step < StepsIn(phaseSteps));

    /// <summary>Gets the index of the choice in effect at a step: the number of choices up to it, less one.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <exception cref="InvalidOperationException">The interval is in epochs.</exception>
    public long IndexAt(long step, long phaseSteps) => KnownSteps is { } interval ? Math.Min(step / interval, CountIn(phaseSteps) - 1) : 0;

    /// <summary>Computes the fraction of the kept weights that a drop-and-grow policy exchanges before a step.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <returns>From <see cref="Fraction"/> at the start to 0 at <see cref="Until"/>, or the same at all times, as <see cref="Annealing"/> says.</returns>
    public double FractionAt(long step, long phaseSteps)
    {
        var progress = Math.Min(1, step / (Until * phaseSteps));
        return Annealing switch
        {
            Annealing.Cosine => Fraction / 2 * (1 + Math.Cos(Math.PI * progress)),
            Annealing.Linear => Fraction * (1 - progress),
            _ => Fraction,
        };
    }

    /// <summary>The number of steps at the start of a phase in which masks may be chosen; at least 1.</summary>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    internal long StepsIn(long phaseSteps) => Until == 1 ? phaseSteps : Math.Max(1, (long)Math.Ceiling((decimal)Until * phaseSteps));

    /// <summary>Formats the update, e.g. <c>"once"</c> or <c>"every 100 steps, may regrow"</c>.</summary>
    public override string ToString()
    {
        var when = (Interval, IntervalSteps) switch
        {
            (null, _) => "once",
            (_, 1) => "every step",
            (_, { } steps) => string.Create(CultureInfo.InvariantCulture, $"every {steps} steps"),
            ({ } epochs, _) => epochs.Amount == 1 ? "every epoch" : string.Create(CultureInfo.InvariantCulture, $"every {epochs.Amount:R} epochs"),
        };
        var until = Until == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" until {Until:G6} of the phase");
        var fraction = Fraction == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" of {Fraction:G6}");
        var course = Annealing == Annealing.Cosine ? "" : Annealing == Annealing.Linear ? ", linear" : ", constant";
        var name = IsCustom ? $"custom '{Policy}'" : Policy == SetPolicy ? "SET" : "RigL";
        return Policy is null ? $"{when}{until}{(MayRegrow ? ", may regrow" : "")}" : $"{name}{fraction} {when}{until}{course}";
    }

    private long? KnownSteps => Interval is { Unit: DurationUnit.Epochs }
        ? throw new InvalidOperationException($"The update {this} has an interval in epochs; convert it first, with InSteps.")
        : IntervalSteps;

    private static MaskUpdate Exchange(string policy, Duration interval, double fraction, double until, Annealing annealing) =>
        new MaskUpdate(Given(interval), mayRegrow: true, policy: policy, fraction: Exchanged(fraction), annealing: Defined.Value(annealing)).WithUntil(until);

    private static Duration Given(Duration interval)
    {
        ArgumentNullException.ThrowIfNull(interval);
        return interval;
    }

    private static Duration Steps(long steps) => steps >= 1
        ? Duration.Steps(steps)
        : throw new ArgumentOutOfRangeException(nameof(steps), steps, "Masks can be updated every 1 step or more.");

    private static double Exchanged(double fraction) => fraction is > 0 and < 1
        ? fraction
        : throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The exchanged fraction of kept weights must be above 0 and below 1.");
}
