namespace Dsd.Records;

/// <summary>A run is over; every run that started has one, unless its process was killed.</summary>
/// <param name="Step">How many steps were done.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Message">What went wrong, for a run that failed; null otherwise.</param>
/// <param name="ElapsedSeconds">How long the run took, in all.</param>
public sealed record RunEnded(long Step, RunOutcome Outcome, string? Message, double ElapsedSeconds) : TrainingEvent;
