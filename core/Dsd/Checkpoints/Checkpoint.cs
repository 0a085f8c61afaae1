namespace Dsd.Checkpoints;

/// <summary>A run at a step, as it is stored in a file.</summary>
/// <param name="Arm">The name of the arm in training; null in the phases that several share.</param>
/// <param name="PhaseName">The name of the phase of the last step, for readers; null before the first.</param>
/// <param name="State">The state of training.</param>
/// <param name="Events">The event log of each arm up to here.</param>
/// <param name="Best">The best validation so far, by arm and <c>dense</c> or <c>sparse</c>, e.g. <c>"dsd/sparse"</c>.</param>
/// <param name="Origin">The hash of the state from which the arm started; null in the shared phases, and for a single arm; of a session by itself, its plan. Default null.</param>
internal sealed record Checkpoint(
    string? Arm,
    string? PhaseName,
    TrainingState State,
    IReadOnlyDictionary<string, byte[]> Events,
    IDictionary<string, double> Best,
    string? Origin = null) : IDisposable
{
    /// <summary>The finished steps of the run.</summary>
    public long Step => State.Session.Step;

    public void Dispose() => State.Dispose();
}
