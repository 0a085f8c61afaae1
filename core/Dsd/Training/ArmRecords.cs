using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Builds the records of all arms from their events, and calls the user's functions.</summary>
/// <param name="arms">The arms.</param>
/// <param name="model">The model.</param>
/// <param name="observer">Called with each arm's events.</param>
/// <param name="armDone">Runs when an arm is completed; null for none.</param>
/// <param name="cancellation">The token of the run, whose cancellation is no error of the user's code.</param>
internal sealed class ArmRecords(IReadOnlyList<PlannedArm> arms, nn.Module model, Action<Arm, TrainingEvent> observer, Action<Arm, nn.Module>? armDone, CancellationToken cancellation) : IArmListener
{
    private readonly Dictionary<string, RunRecord> _records = arms.ToDictionary(a => a.Name, _ => RunRecord.Empty);

    /// <summary>The records so far.</summary>
    public Comparison Comparison => new(arms.Select(a => _records[a.Name]).ToValueList());

    /// <summary>Sets the record of an arm that was trained before.</summary>
    public void Set(PlannedArm arm, RunRecord record) => _records[arm.Name] = record;

    public void Happened(PlannedArm arm, TrainingEvent happened)
    {
        _records[arm.Name] = _records[arm.Name].Apply(happened);
        Observe(arm, happened);
    }

    public void Completed(PlannedArm arm, IReadOnlyDictionary<string, BitMask> masks) =>
        CustomCode.Run(nameof(armDone), $"for arm {arm.Name}", () => armDone?.Invoke(arm.Arm, model), _ => false, cancellation);

    /// <summary>Calls the observer alone, with an event that is in the record already.</summary>
    public void Observe(PlannedArm arm, TrainingEvent happened) =>
        CustomCode.Run("the observer", $"at {happened.GetType().Name} of arm {arm.Name}", () => observer(arm.Arm, happened), _ => false, cancellation);
}
