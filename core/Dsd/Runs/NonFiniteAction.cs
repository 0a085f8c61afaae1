namespace Dsd.Runs;

/// <summary>The reaction to a loss, gradient or weight that is not finite.</summary>
public enum NonFiniteAction
{
    /// <summary>The run stops with an error that names the layer and the step; its last checkpoint stays.</summary>
    Stop,

    /// <summary>
    /// Training goes back to the last checkpoint and continues from there at half the rate, at most five times in a run. Each time is recorded. It needs a
    /// run folder, and checkpoints by steps or epochs so that it is repeatable.
    /// </summary>
    Rollback,
}
