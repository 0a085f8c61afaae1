using Dsd.Checkpoints;
using Dsd.Plans;
using Dsd.Records;

namespace Dsd.Training;

/// <summary>Follows an <see cref="ArmRunner"/>: what its callers do with events, progress, weights and failures.</summary>
internal interface IArmListener
{
    /// <summary>An event of an arm; those of shared phases come once for each arm.</summary>
    void Happened(PlannedArm arm, TrainingEvent happened);

    /// <summary>A step was done.</summary>
    /// <param name="arm">The arm, or null within the shared phases.</param>
    /// <param name="steps">The steps of the plan that are done.</param>
    void StepDone(PlannedArm? arm, long steps)
    {
    }

    /// <summary>The shared phases were trained; false says that no arm is to be trained from here.</summary>
    bool MayFork(TrainingState state) => true;

    /// <summary>An arm is about to be trained; false ends the run without it and those that follow.</summary>
    bool MayBegin(PlannedArm arm) => true;

    /// <summary>An arm completed and the model holds its weights; what this throws counts as a failure of the arm.</summary>
    void Completed(PlannedArm arm)
    {
    }

    /// <summary>An arm is over under <see cref="FailureRule.GoOn"/>.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="failure">Why it failed, or null where it completed.</param>
    void Over(PlannedArm arm, Exception? failure)
    {
    }
}
