namespace Dsd.Schedules;

/// <summary>What happens to the optimiser's state (momentum, moments) when a mask is lifted.</summary>
public enum RebornState
{
    /// <summary>The state of the reborn weights becomes zero; that of the others stays.</summary>
    Zero,

    /// <summary>All state stays as it is.</summary>
    Kept,

    /// <summary>The optimiser starts anew: all state is dropped, step counts too.</summary>
    Reset,
}
