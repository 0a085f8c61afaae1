namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event of a return to a checkpoint because a loss, gradient or weight was not finite. What happened after it no longer belongs to the run.</summary>
    /// <param name="Step">The step at which the value arose.</param>
    /// <param name="To">The finished steps of the run at the checkpoint.</param>
    /// <param name="RateFactor">The factor on the schedule's learning rates from here on, e.g. 0.5.</param>
    /// <param name="Reason">The value, with its layer and step.</param>
    public sealed record RolledBack(long Step, long To, double RateFactor, string Reason) : TrainingEvent;
}
