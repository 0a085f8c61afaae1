using System.Globalization;

namespace Dsd.Schedules;

/// <summary>When the masks of a phase are chosen: once on entry, or again every so many steps.</summary>
/// <remarks>
/// Masks of one phase are nested unless they may regrow: where the sparsity rises, the criterion prunes among the weights that are kept;
/// where it stays, so do the masks; where it falls, all kept weights stay, and of the pruned ones those come back whose absolute values were
/// largest when they were pruned (under a random criterion, those that rank highest in its order).
/// </remarks>
public sealed record MaskUpdate
{
    private MaskUpdate(long? intervalSteps, bool mayRegrow) => (IntervalSteps, MayRegrow) = (intervalSteps, mayRegrow);

    /// <summary>Once, before the first step of the phase.</summary>
    public static MaskUpdate Once { get; } = new(null, false);

    /// <summary>The steps from one choice to the next, or null where there is only the first.</summary>
    public long? IntervalSteps { get; }

    /// <summary>Whether each choice ranks all weights, so that pruned ones may come back while others go.</summary>
    /// <remarks>A pruned weight then ranks by magnitude as it did when it was pruned, and by a score function as that says.</remarks>
    public bool MayRegrow { get; }

    /// <summary>Before the first step of the phase and again after every so many steps.</summary>
    /// <param name="steps">At least 1.</param>
    /// <param name="mayRegrow">Whether each choice ranks all weights, pruned ones too. Default: masks are nested.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static MaskUpdate Every(long steps, bool mayRegrow = false) => steps >= 1
        ? new(steps, mayRegrow)
        : throw new ArgumentOutOfRangeException(nameof(steps), steps, "Masks can be chosen anew every 1 step or more.");

    /// <summary>How often masks are chosen in a phase.</summary>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <returns>At least 1.</returns>
    public long CountIn(long phaseSteps) => IntervalSteps is { } interval ? ((phaseSteps - 1) / interval) + 1 : 1;

    /// <summary>Whether masks are chosen before a step of the phase.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public bool IsDue(long step) => step == 0 || (IntervalSteps is { } interval && step % interval == 0);

    /// <summary>Which choice holds at a step: the number of choices before it, less one.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    public long IndexAt(long step) => IntervalSteps is { } interval ? step / interval : 0;

    /// <summary>The rule as text, e.g. <c>"once"</c> or <c>"every 100 steps, may regrow"</c>.</summary>
    public override string ToString() => IntervalSteps switch
    {
        null => "once",
        1 => "every step",
        { } interval => string.Create(CultureInfo.InvariantCulture, $"every {interval} steps"),
    } + (MayRegrow ? ", may regrow" : "");
}
