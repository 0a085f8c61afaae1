namespace Dsd.Schedules;

/// <summary>The treatment of the optimiser's state (momentum, moments) when a mask is lifted.</summary>
public enum RegrownState
{
    /// <summary>The state of regrown weights is set to zero; that of others is kept.</summary>
    /// <remarks>
    /// Adam and AdamW count steps per tensor, so regrown weights do not get the small first steps of a new optimiser:
    /// their first update is about 3 times the learning rate, and up to 7 times ten steps later. <see cref="Reset"/> avoids that.
    /// </remarks>
    Zero,

    /// <summary>All state is kept.</summary>
    Kept,

    /// <summary>The optimiser is reset: all state is dropped, including step counts.</summary>
    Reset,
}
