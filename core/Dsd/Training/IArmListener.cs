using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;

namespace Dsd.Training;

/// <summary>Receives the events, progress, weights and failures of an <see cref="ArmRunner"/>.</summary>
internal interface IArmListener
{
    /// <summary>Called with each event of an arm; events of shared phases are repeated for each arm.</summary>
    void Happened(PlannedArm arm, TrainingEvent happened);

    /// <summary>Called after each step.</summary>
    /// <param name="arm">The arm, or null within the shared phases.</param>
    /// <param name="steps">The number of the plan's steps that are done.</param>
    void StepDone(PlannedArm? arm, long steps)
    {
    }

    /// <summary>Called after the last step of each phase and its measurements, while the model holds the phase's weights.</summary>
    /// <param name="arm">The arm, or null within the shared phases.</param>
    /// <param name="steps">The number of the plan's steps that are done.</param>
    /// <param name="masks">The masks of the phase by parameter; none if it was dense.</param>
    void PhaseDone(PlannedArm? arm, long steps, IReadOnlyDictionary<string, BitMask> masks)
    {
    }

    /// <summary>Called after the shared phases; returns false if no arm is to be trained from here.</summary>
    bool MayFork(TrainingState state) => true;

    /// <summary>Called before an arm is trained; returns false to end the run without it and those that follow.</summary>
    bool MayBegin(PlannedArm arm) => true;

    /// <summary>Called when an arm is completed, while the model holds its weights; an exception from here counts as a failure of the arm.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="masks">The masks of its last phase by parameter; none if that was dense.</param>
    void Completed(PlannedArm arm, IReadOnlyDictionary<string, BitMask> masks)
    {
    }

    /// <summary>Called when an arm ends under <see cref="FailureRule.GoOn"/>.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="failure">The reason for its failure, or null if it completed.</param>
    void Over(PlannedArm arm, Exception? failure)
    {
    }
}
