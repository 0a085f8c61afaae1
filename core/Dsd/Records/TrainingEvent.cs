using System.Text.Json.Serialization;

namespace Dsd.Records;

/// <summary>An event of a run: one of nine immutable kinds, from which a <see cref="RunRecord"/> is folded.</summary>
/// <remarks>
/// The order in a run: <see cref="RunStarted"/>; for each phase <see cref="PhaseStarted"/> (after its first mask is computed
/// and applied; the <see cref="MaskComputed"/> of that mask follows at once), then steps with <see cref="MaskComputed"/>,
/// <see cref="StepSampled"/> and <see cref="Evaluated"/>, then <see cref="PhaseEnded"/>; an <see cref="Evaluated"/> on the
/// test split; <see cref="RunEnded"/>. A run that continues from a checkpoint has a <see cref="RunResumed"/> there, and one that went back to a checkpoint
/// a <see cref="RolledBack"/>.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(RunStarted), "runStarted")]
[JsonDerivedType(typeof(PhaseStarted), "phaseStarted")]
[JsonDerivedType(typeof(MaskComputed), "maskComputed")]
[JsonDerivedType(typeof(StepSampled), "stepSampled")]
[JsonDerivedType(typeof(Evaluated), "evaluated")]
[JsonDerivedType(typeof(PhaseEnded), "phaseEnded")]
[JsonDerivedType(typeof(RunEnded), "runEnded")]
[JsonDerivedType(typeof(RunResumed), "runResumed")]
[JsonDerivedType(typeof(RolledBack), "rolledBack")]
public abstract partial record TrainingEvent
{
    private protected TrainingEvent()
    {
    }
}
