using Dsd.Schedules;

namespace Dsd.Masks;

/// <summary>A policy that makes a layer's next mask from the current one.</summary>
/// <remarks>
/// The first mask of a phase is chosen by the criterion. Regrown weights start as the phase's <see cref="RegrownWeights"/> and
/// <see cref="RegrownState"/> specify. A policy has no state itself: it keeps its state in <see cref="MaskContext.State"/>, and its random numbers are a
/// function of seed, layer and step, so that a resumed run has the same masks.
/// </remarks>
public interface IMaskUpdate
{
    /// <summary>True if the policy reads gradients, which the session must then keep for it. Default true.</summary>
    bool ReadsGradients => true;

    /// <summary>Makes the next mask of a layer.</summary>
    /// <param name="context">The layer, with the current mask.</param>
    /// <param name="update">The update as the schedule defines it, e.g. with its fraction.</param>
    /// <param name="keep">The number of weights the mask must keep, by the plan.</param>
    BitMask Choose(MaskContext context, MaskUpdate update, long keep);
}
