using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A comparison with a run folder: begins it or continues it from its checkpoints.</summary>
/// <param name="folder">The folder.</param>
/// <param name="arms">All arms.</param>
/// <param name="lead">The plan for the shared phases, and their number of steps; null for a single arm.</param>
/// <param name="model">The model.</param>
/// <param name="task">The task.</param>
/// <param name="settings">The settings.</param>
/// <param name="records">Receives each arm's events, after they are in the folder.</param>
internal sealed class RecordedComparison(
    RunFolder folder,
    IReadOnlyList<PlannedArm> arms,
    (Plan Plan, long Steps)? lead,
    nn.Module model,
    ITrainingTask task,
    TrainerSettings settings,
    ArmRecords records) : IArmListener
{
    private readonly List<string> _notes = [];
    private PhaseStarted? _open;
    private string? _computation;

    /// <summary>Trains the arms that are not complete.</summary>
    /// <exception cref="DsdException">The folder is of another run, its data have changed, or training failed.</exception>
    public Comparison Run(CancellationToken cancellation)
    {
        if (!arms.Select(a => a.Name).ToHashSet().SetEquals(folder.Config.Arms.Select(a => a.Name)))
        {
            throw new DsdException($"{folder.Path}: the run has the arms {string.Join(", ", folder.Config.Arms.Select(a => a.Name))}, not {string.Join(", ", arms.Select(a => a.Name))}. Train config.Arms.");
        }

        folder.Begin();
        if (!folder.IsDataChecked && task.Contents.Count > 0)
        {
            folder.CheckData(new DataInventory(task.Name, task.Contents));
        }

        if (folder.IsResumed)
        {
            arms.ToList().ForEach(a => folder.CheckSettings(a.Arm, Describe(a)));
        }

        var pending = folder.IsResumed ? arms.Where(a => !IsDone(a)).ToList() : [.. arms];
        var files = new CheckpointFolder(folder.Checkpoints, [.. arms.Select(a => a.Name)]);
        if (pending.Count == 0)
        {
            files.Clear();
            return records.Comparison;
        }

        var checkpoints = new ArmCheckpoints(files, settings.CheckpointEvery, pending, folder.EventsOf, Say, new KeptWeights(folder.WeightsOf));
        try
        {
            var (from, fork) = folder.IsResumed ? checkpoints.Resume(lead?.Steps) : (null, null);
            using (from)
            using (fork)
            {
                if (folder.IsResumed)
                {
                    if (from is null && folder.NeedsCheckpoint is { } reason)
                    {
                        throw new DsdException($"{folder.Path}: no checkpoint is left to continue from, and the run cannot start again: {reason}");
                    }

                    pending.ForEach(arm => Continue(arm, from?.Arm is null || from.Arm == arm.Name ? from : fork));
                }

                new ArmRunner(model, task, settings, FailureRule.EndAll, this, cancellation, checkpoints)
                    .Run(pending, lead, from, fork, _notes.Count == 0 ? null : _notes.ToValueList());
            }
        }
        finally
        {
            folder.FilesFailure ??= checkpoints.Failure;
        }

        if (records.Comparison.IsComplete && folder.Failure is null)
        {
            files.Clear();
        }

        return records.Comparison;
    }

    void IArmListener.Happened(PlannedArm arm, TrainingEvent happened)
    {
        folder.Observe(arm.Arm, happened);
        records.Happened(arm, happened);
    }

    void IArmListener.Completed(PlannedArm arm, IReadOnlyDictionary<string, BitMask> masks)
    {
        folder.Try(() =>
        {
            folder.Recover(arm.Name);
            WeightFile.Save(model, folder.WeightsOf(arm.Name), masks);
        });
        records.Completed(arm, masks);
    }

    private RunStarted Describe(PlannedArm arm) => TrainingRun.Describe(arm.Name, arm.Plan, model, task, settings, _computation ??= Computation.Describe(model, settings.Precision, settings.Layout));

    private void Say(string message)
    {
        _notes.Add(message);
        folder.Say(message);
    }

    /// <summary>True if an arm is complete and its weights are there; its record is then that of the folder.</summary>
    private bool IsDone(PlannedArm arm)
    {
        if (!IsWhole(folder.WeightsOf(arm.Name)) || folder.TryRead(arm.Name) is not { Start: { } start, End.Outcome: RunOutcome.Completed } record)
        {
            return false;
        }

        CheckThatItIsTheSame(start, arm);
        CheckThatPhasesAreThoseOfThePlan(record, arm);
        records.Set(arm, record);
        return true;
    }

    private static bool IsWhole(string weights)
    {
        try
        {
            return File.Exists(weights) && WeightFile.Shapes(weights).Count > 0;
        }
        catch (DsdException)
        {
            return false;
        }
    }

    /// <summary>Sets the log of an arm back to where its checkpoint was made, and calls the observer with the start of the run and of the phase in progress.</summary>
    private void Continue(PlannedArm arm, Checkpoint? from)
    {
        var events = from is null ? [] : from.Events.GetValueOrDefault(arm.Name)
            ?? throw new DsdException($"{folder.Path}: its checkpoint has no record of the arm '{arm.Name}'.");
        var record = RunRecord.Fold(EventLog.Parse(events));
        if (record.Start is { } began)
        {
            if (folder.TryRead(arm.Name)?.Start is { } here && here.Time != began.Time)
            {
                throw new DsdException(FormattableString.Invariant($"{folder.Checkpoints}: the checkpoint is of another run: of one that began on {began.Time:yyyy-MM-dd HH:mm:ss}, while this one began on {here.Time:yyyy-MM-dd HH:mm:ss}. Remove what does not belong here."));
            }

            CheckThatItIsTheSame(began, arm);
            CheckThatPhasesAreThoseOfThePlan(record, arm);
        }

        folder.Continue(arm.Name, events);
        records.Set(arm, record);
        if (record.Start is { } start)
        {
            records.Observe(arm, start);
        }

        if (record.Phases is [.., { End: null } open])
        {
            // Arms that share the phase share its event, as when it began.
            _open = open.Start == _open ? _open : open.Start;
            records.Observe(arm, _open);
        }
    }

    /// <summary>Rejects the continuation of a run with phases of other steps: earlier versions rounded the lengths of phases, and not their ends.</summary>
    private void CheckThatPhasesAreThoseOfThePlan(RunRecord record, PlannedArm arm)
    {
        foreach (var phase in record.Phases.Select(p => p.Start).Where(p => p.Phase < arm.Plan.Phases.Count))
        {
            var planned = arm.Plan.Phases[phase.Phase];
            if ((planned.FirstStep, planned.Steps) != (phase.Step, phase.Steps))
            {
                throw new DsdException(FormattableString.Invariant(
                    $"{folder.Path}: phase '{phase.Name}' of arm {arm.Name} began at step {phase.Step} with {phase.Steps} steps; this version plans {planned.Steps} from step {planned.FirstStep}, since it rounds the ends of phases instead of their lengths. Continue it with the version that began it, or train it anew."));
            }
        }
    }

    /// <summary>Rejects a continuation that would be another run; collects differences that only change the last digits.</summary>
    private void CheckThatItIsTheSame(RunStarted was, PlannedArm arm)
    {
        var now = Describe(arm);
        var differences = SameRun.Differences(was, now);
        if (differences.Count > 0)
        {
            throw new DsdException($"{folder.Path}: the arm '{arm.Name}' cannot be continued as another run: {string.Join("; ", differences)}. Give what it began with, or begin another run.");
        }

        SameRun.Surroundings(was, now).Where(note => !_notes.Contains(note)).ToList().ForEach(Say);
    }
}
