using Dsd.Schedules;

namespace Dsd.Masks;

/// <summary>A policy that makes a layer's next mask from the one that holds.</summary>
/// <remarks>
/// The first mask of a phase is chosen by the criterion. Weights that come back start as the phase's <see cref="RegrownWeights"/> and
/// <see cref="RegrownState"/> say. A policy keeps nothing itself: what it remembers is in <see cref="MaskContext.State"/>, what it draws is a
/// function of seed, layer and step, so that a run that is stopped goes on with the same masks.
/// </remarks>
public interface IMaskUpdate
{
    /// <summary>Whether the policy looks at gradients, which the session must keep for it then. Default true.</summary>
    bool ReadsGradients => true;

    /// <summary>Makes the next mask of a layer.</summary>
    /// <param name="context">The layer, with the mask that holds.</param>
    /// <param name="update">The update as the schedule gives it, e.g. with its fraction.</param>
    /// <param name="keep">How many weights the mask must keep, by the plan.</param>
    BitMask Choose(MaskContext context, MaskUpdate update, long keep);
}
