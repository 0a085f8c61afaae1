namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event at the end of a run; every started run has one unless its process was killed.</summary>
    /// <param name="Step">The number of completed steps.</param>
    /// <param name="Outcome">The outcome.</param>
    /// <param name="Message">The error message of a failed run; null otherwise.</param>
    /// <param name="ElapsedSeconds">The total duration of the run in seconds.</param>
    public sealed record RunEnded(long Step, RunOutcome Outcome, string? Message, double ElapsedSeconds) : TrainingEvent;
}
