namespace Dsd.Schedules;

/// <summary>What happens to the optimiser's state (momentum, moments) when a mask is lifted.</summary>
public enum RegrownState
{
    /// <summary>The state of the reborn weights becomes zero; that of the others stays.</summary>
    /// <remarks>
    /// Adam and AdamW count steps once for a whole tensor, so reborn weights do not get the small first steps of a new optimiser:
    /// their first update is about 3 times the rate, and up to 7 times ten steps later. <see cref="Reset"/> avoids that.
    /// </remarks>
    Zero,

    /// <summary>All state stays as it is.</summary>
    Kept,

    /// <summary>The optimiser starts anew: all state is dropped, step counts too.</summary>
    Reset,
}
