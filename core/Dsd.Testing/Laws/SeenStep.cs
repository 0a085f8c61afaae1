using Dsd.Masks;
using Dsd.Plans;

namespace Dsd.Testing;

/// <summary>A step that has begun: its phase, and weights, state and masks before and after BeginStep.</summary>
/// <param name="Step">The step of the run.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="Was">The phase of the step before; null at the first.</param>
/// <param name="Before">Weights and optimiser's state before BeginStep.</param>
/// <param name="Begun">The same after it.</param>
/// <param name="MasksBefore">The masks before BeginStep.</param>
/// <param name="Masks">The masks after it.</param>
internal sealed record SeenStep(long Step, PlannedPhase Phase, PlannedPhase? Was, LiveState Before, LiveState Begun, Dictionary<string, BitMask> MasksBefore, Dictionary<string, BitMask> Masks)
{
    /// <summary>True at the first step of a phase.</summary>
    public bool IsEntry => Was?.Index != Phase.Index;

    /// <summary>The phase that says how weights are regrown: where one is entered, the one that ended.</summary>
    public PlannedPhase? Regrowing => IsEntry ? Was : Phase;

    /// <summary>True if pruned weights were trained straight-through in the step before and still are.</summary>
    public bool GoesOnStraight => !IsEntry && Phase.Phase.StraightThrough is not null;

    /// <summary>True if masks are chosen before the step.</summary>
    public bool Chooses => Phase.ChoosesAt(Step - Phase.FirstStep);

    /// <summary>The index of the mask update in effect.</summary>
    public long Update => Phase.UpdateAt(Step - Phase.FirstStep);
}
