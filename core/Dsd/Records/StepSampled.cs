using System.Text.Json.Serialization;

namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event of a sampled training loss; not every step is sampled, since reading a loss waits for the device.</summary>
    /// <param name="Step">The step of the run, from 0.</param>
    /// <param name="Rate">The learning rate of the step.</param>
    /// <param name="Loss">The loss on the step's batch, before the step.</param>
    /// <param name="ComputedOtherwise">Layers that were found since the last event to be computed otherwise than <see cref="RunStarted.Computation"/> says, each with the reason. Default null: none.</param>
    public sealed record StepSampled(
        long Step,
        double Rate,
        double Loss,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<string>? ComputedOtherwise = null) : TrainingEvent;
}
