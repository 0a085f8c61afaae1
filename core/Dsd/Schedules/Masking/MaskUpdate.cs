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
    /// <summary>The name of the policy of <see cref="SparseEvolution"/>.</summary>
    internal const string SetPolicy = "set";

    private MaskUpdate(long? intervalSteps, bool mayRegrow, double until = 1, string? policy = null, double fraction = 0)
    {
        IntervalSteps = intervalSteps;
        MayRegrow = mayRegrow;
        Until = until;
        Policy = policy;
        Fraction = fraction;
    }

    /// <summary>Once, before the first step of the phase.</summary>
    public static MaskUpdate Once { get; } = new(null, false);

    /// <summary>The number of steps from one choice to the next; null if masks are chosen once.</summary>
    public long? IntervalSteps { get; }

    /// <summary>True if each choice ranks all weights, so that pruned ones may be regrown while others are pruned.</summary>
    /// <remarks>A pruned weight then ranks by its magnitude when pruned, or by the score function's value.</remarks>
    public bool MayRegrow { get; }

    /// <summary>The fraction of the phase in which masks are updated, above 0 and at most 1; after it the last masks remain.</summary>
    public double Until { get; }

    /// <summary>The name of the policy that makes each mask after the first from the previous one; null if the criterion chooses each time.</summary>
    public string? Policy { get; }

    /// <summary>The fraction of the kept weights that a drop-and-grow policy exchanges at first, in (0, 1); 0 if none is set.</summary>
    public double Fraction { get; }

    /// <summary>True if the policy is a custom one, which the session must be given.</summary>
    public bool IsCustom => Policy is not (null or SetPolicy);

    /// <summary>Updates masks before the first step of the phase and then at a fixed interval.</summary>
    /// <param name="steps">The interval in steps, at least 1.</param>
    /// <param name="mayRegrow">True to rank all weights each time, pruned ones too. Default false: masks are nested.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static MaskUpdate Every(long steps, bool mayRegrow = false) => new(Interval(steps), mayRegrow);

    /// <summary>Sparse evolutionary training: the smallest kept weights are dropped and as many pruned ones are regrown at random (Mocanu et al., 2018).</summary>
    /// <param name="everySteps">Steps from one exchange to the next, at least 1.</param>
    /// <param name="fraction">The fraction of a layer's kept weights that is exchanged at the start of the phase, in (0, 1); it falls to 0 along a cosine. Default 0.3.</param>
    /// <param name="until">The fraction of the phase after which masks are fixed, above 0 and at most 1. Default 0.75.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate SparseEvolution(long everySteps, double fraction = 0.3, double until = 0.75) =>
        new MaskUpdate(Interval(everySteps), mayRegrow: true, policy: SetPolicy, fraction: Exchanged(fraction)).WithUntil(until);

    /// <summary>A custom policy, passed to the session under this name with <c>MaskMethods.WithUpdate</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in policy.</param>
    /// <param name="everySteps">Steps from one mask to the next, at least 1.</param>
    /// <param name="fraction">A fraction for the policy to read, in (0, 1), or 0 for none. Default 0.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskUpdate Custom(string name, long everySteps, double fraction = 0) => CustomOfFile(CustomName.Of(name, "once"), everySteps, fraction);

    /// <summary>A custom policy in a file, where older versions allowed the name of a built-in update.</summary>
    internal static MaskUpdate CustomOfFile(string name, long everySteps, double fraction) =>
        new(Interval(everySteps), mayRegrow: true, policy: CustomName.Of(name, SetPolicy), fraction: fraction == 0 ? 0 : Exchanged(fraction));

    /// <summary>Copies this update, limited to the first part of the phase.</summary>
    /// <param name="until">The fraction of the phase after which the last masks remain, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="until"/> is outside that range, or masks are chosen only once.</exception>
    public MaskUpdate WithUntil(double until) => until is > 0 and <= 1 && (until == 1 || IntervalSteps is not null)
        ? new(IntervalSteps, MayRegrow, until, Policy, Fraction)
        : throw new ArgumentOutOfRangeException(nameof(until), until, IntervalSteps is null ? "Masks that are chosen only once cannot have an end of updates." : "Masks are updated until a fraction of the phase, above 0 and at most 1.");

    /// <summary>Counts the mask choices in a phase.</summary>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <returns>At least 1.</returns>
    public long CountIn(long phaseSteps) => IntervalSteps is { } interval ? ((StepsIn(phaseSteps) - 1) / interval) + 1 : 1;

    /// <summary>True if masks are chosen before a step of a phase.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    public bool IsDue(long step, long phaseSteps) => step == 0 || (IntervalSteps is { } interval && step % interval == 0 && step < StepsIn(phaseSteps));

    /// <summary>Gets the index of the choice in effect at a step: the number of choices up to it, less one.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    public long IndexAt(long step, long phaseSteps) => IntervalSteps is { } interval ? Math.Min(step / interval, CountIn(phaseSteps) - 1) : 0;

    /// <summary>The number of steps at the start of a phase in which masks may be chosen; at least 1.</summary>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    internal long StepsIn(long phaseSteps) => Until == 1 ? phaseSteps : Math.Max(1, (long)Math.Ceiling((decimal)Until * phaseSteps));

    /// <summary>Formats the update, e.g. <c>"once"</c> or <c>"every 100 steps, may regrow"</c>.</summary>
    public override string ToString()
    {
        var when = IntervalSteps switch
        {
            null => "once",
            1 => "every step",
            { } interval => string.Create(CultureInfo.InvariantCulture, $"every {interval} steps"),
        };
        var until = Until == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" until {Until:G6} of the phase");
        var fraction = Fraction == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" of {Fraction:G6}");
        return Policy is null ? $"{when}{until}{(MayRegrow ? ", may regrow" : "")}" : $"{(IsCustom ? $"custom '{Policy}'" : "SET")}{fraction} {when}{until}";
    }

    private static long Interval(long steps) => steps >= 1
        ? steps
        : throw new ArgumentOutOfRangeException(nameof(steps), steps, "Masks can be updated every 1 step or more.");

    private static double Exchanged(double fraction) => fraction is > 0 and < 1
        ? fraction
        : throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The exchanged fraction of kept weights must be above 0 and below 1.");
}
