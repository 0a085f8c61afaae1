using System.Diagnostics;
using Dsd.Checkpoints;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Writes the checkpoints of a run while it trains, and finds the one to continue from.</summary>
/// <remarks>A checkpoint that cannot be written does not stop training: it is reported once, tried again at the next one, and <see cref="Failure"/> says at the end that the last one is missing.</remarks>
/// <param name="folder">The files.</param>
/// <param name="every">The interval, besides the ends of phases.</param>
/// <param name="arms">The arms that are still to be trained, in order.</param>
/// <param name="eventsOf">Returns the event log of an arm so far.</param>
/// <param name="say">Called with messages for the user.</param>
/// <param name="kept">The files of weights that stay after the run. Default null: none.</param>
/// <param name="phaseEnds">True to write a checkpoint at the end of each phase. Default true.</param>
internal sealed class ArmCheckpoints(
    CheckpointFolder folder,
    CheckpointInterval every,
    IReadOnlyList<PlannedArm> arms,
    Func<string, byte[]> eventsOf,
    Action<string> say,
    KeptWeights? kept = null,
    bool phaseEnds = true)
{
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private (string? Arm, long Step)? _last;
    private Checkpoint? _fork;
    private string? _forkHash;
    private string? _failure;

    /// <summary>The reason why the last checkpoint, or weights that are kept, could not be written; null if they were.</summary>
    public string? Failure => _failure ?? kept?.Failure;

    /// <summary>Writes a checkpoint if one is due: at the end of a phase, after the interval, or because training is about to be cancelled.</summary>
    /// <param name="arm">The arm, or null within the shared phases.</param>
    /// <param name="run">The run, between two steps.</param>
    /// <param name="isCancelled">True if it is about to be cancelled, or one is wanted for another reason.</param>
    /// <returns>True if one was due.</returns>
    public bool AfterStep(PlannedArm? arm, TrainingRun run, bool isCancelled)
    {
        var written = arm is null ? arms : [arm];
        kept?.AfterStep(written, run, say);
        var isDue = isCancelled || (phaseEnds && run.Session.IsPhaseDone) || every.IsDue(run.Session.Step, run.Plan.StepsPerEpoch, _since.Elapsed);
        if (isDue)
        {
            Save(arm, run);
        }

        return isDue;
    }

    /// <summary>Takes note of the state at the end of the shared phases; it is written, if it is not yet, before the first checkpoint of an arm.</summary>
    /// <param name="run">The run of the shared phases.</param>
    /// <param name="state">The state, which must live while the arms are trained.</param>
    public void Fork(TrainingRun run, TrainingState state)
    {
        _forkHash = state.Hash;
        if (_last != (null, run.Session.Step))
        {
            Try(() => _fork = CheckpointOf(null, run, state));
        }
    }

    /// <summary>Writes a checkpoint, unless that of this step was just written.</summary>
    /// <exception cref="DivergedException">A trained weight is not finite, so that nothing could continue from here; the checkpoint before stays the last one.</exception>
    public void Save(PlannedArm? arm, TrainingRun run)
    {
        var step = run.Session.Step;
        if (_last == (arm?.Name, step))
        {
            return;
        }

        if (TrainingFaults.BadWeight(run.Model) is { } bad)
        {
            throw new DivergedException(FormattableString.Invariant($"Training has diverged: {bad} after step {step - 1}. Lower the learning rate ({run.Session.Rate} here), or clip gradients."));
        }

        using var guard = no_grad();
        using var state = run.Capture();
        _since.Restart();
        var isWritten = Try(() =>
        {
            if (_fork is not null)
            {
                folder.Save(_fork);
                _fork = null;
            }

            folder.Save(CheckpointOf(arm, run, state));
            _last = (arm?.Name, step);
        });
        if (isWritten)
        {
            _failure = null;
        }
    }

    private Checkpoint CheckpointOf(PlannedArm? arm, TrainingRun run, TrainingState state) => new(
        arm?.Name,
        run.Session.Phase?.Phase.Name,
        state,
        (arm is null ? arms : [arm]).ToDictionary(a => a.Name, a => eventsOf(a.Name)),
        kept?.Best.ToDictionary() ?? [],
        arm is null ? null : _forkHash);

    /// <summary>Finds the checkpoints to continue from, and sets aside those that are damaged or beyond.</summary>
    /// <param name="forkStep">The step at which further arms start; null if there is one arm alone.</param>
    /// <param name="accept">Returns false for checkpoints that cannot be continued here. Default null: all can.</param>
    /// <returns>The last checkpoint of the first arm or of the shared phases, and the one at their end, where further arms start; both null if training starts again.</returns>
    public (Checkpoint? From, Checkpoint? Fork) Resume(long? forkStep, Func<Checkpoint, Checkpoint?, bool>? accept = null)
    {
        var own = folder.Last(arms[0].Name, Damaged);
        var shared = forkStep is null ? null : folder.Last(null, Damaged);
        if (own is not null && forkStep is not null && (shared?.Step != forkStep || ((_forkHash = shared.State.Hash) != own.Origin && own.Origin is not null)))
        {
            say($"The checkpoint at the end of the shared phases is missing, damaged or another than {own.Arm} started from; training continues from before it.");
            own.Dispose();
            own = null;
        }

        var (from, fork) = own is null ? (shared, null) : (own, shared);
        if (from is not null && accept?.Invoke(from, fork) == false)
        {
            from.Dispose();
            fork?.Dispose();
            (from, fork) = (null, null);
        }

        folder.ContinueFrom(from?.Arm, from?.Step ?? -1);
        if (from is null)
        {
            say("There is no checkpoint to continue from: training starts at step 0.");
        }

        Continue(from);
        return (from, fork);
    }

    /// <summary>Reads the last checkpoint of an arm, or that from which it started, to go back to it; null if there is none.</summary>
    /// <param name="arm">The arm; null for the shared phases.</param>
    public Checkpoint? RollBack(PlannedArm? arm)
    {
        var last = (arm is null ? null : folder.Last(arm.Name, Damaged)) ?? folder.Last(null, Damaged);
        if (last is not null)
        {
            folder.ContinueFrom(last.Arm, last.Step);
            kept?.Forget(last.Best);
            Continue(last);
        }

        return last;
    }

    private void Damaged(string problem) => say($"{problem} The one before it is used, if there is one.");

    private void Continue(Checkpoint? from)
    {
        if (from is not null)
        {
            kept?.Continue(from.Best);
            _last = (from.Arm, from.Step);
        }
    }

    private bool Try(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_failure is null)
            {
                say($"A checkpoint cannot be written: {e.Message.TrimEnd('.')}. Training goes on without it, and tries again at the next one.");
            }

            _failure = e.Message.TrimEnd('.');
            return false;
        }
    }
}
