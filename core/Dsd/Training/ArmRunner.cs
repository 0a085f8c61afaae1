using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Trains the arms of one network: their shared phases once, then each arm from a copy of that state. No other code does.</summary>
/// <remarks>
/// A <see cref="Trainer"/> has one arm, a <see cref="FairComparison"/> several, a study the unfinished ones of a block. They differ in what they do with events and
/// files (<see cref="IArmListener"/>) and in what happens to the other arms when one fails (<see cref="FailureRule"/>). Plans are given and never resolved here.
/// The loop over steps is in <see cref="TrainingRun"/>; <see cref="RunSeed"/> describes how seeds are used.
/// </remarks>
internal sealed class ArmRunner(
    nn.Module model,
    ITrainingTask task,
    TrainerSettings settings,
    FailureRule rule,
    IArmListener listener,
    CancellationToken cancellation,
    ArmCheckpoints? checkpoints = null)
{
    private const int MostRollbacks = 5;
    private readonly Dictionary<PlannedArm, Progress> _progress = new(ReferenceEqualityComparer.Instance);

    /// <summary>Trains arms in order.</summary>
    /// <param name="arms">The arms.</param>
    /// <param name="lead">The plan for the shared phases, and their number of steps; null if there is only one arm, which starts from the model as it is.</param>
    /// <param name="from">The checkpoint to continue from: of the first arm, or of the shared phases. Default null: the start.</param>
    /// <param name="fork">The checkpoint at the end of the shared phases, for the further arms; null while they are being trained. Default null.</param>
    /// <param name="resumed">The notes for the record of a run that continues. Default null: none.</param>
    public void Run(IReadOnlyList<PlannedArm> arms, (Plan Plan, long Steps)? lead, Checkpoint? from = null, Checkpoint? fork = null, ValueList<string>? resumed = null)
    {
        var computation = Computation.Describe(model, settings.Precision, settings.Layout);
        try
        {
            foreach (var arm in arms)
            {
                var start = TrainingRun.Describe(arm.Name, arm.Plan, model, task, settings, computation);
                if (from is null)
                {
                    Tell(arm, start);
                    if (resumed is null)
                    {
                        continue;
                    }
                }

                var state = from is null ? null : (from.Arm is null || from.Arm == arm.Name ? from : fork)!.State;
                Tell(arm, new RunResumed(state?.Session.Step ?? 0, start.Device, start.Threads, start.Platform, start.Version, start.Time, resumed, start.Accelerator));
                _progress[arm].Reached = (state?.Session.Step ?? 0, state?.ElapsedSeconds ?? 0);
            }

            using var shared = lead is var (plan, steps) && from?.Arm is null ? TrainShared(arms, plan, steps, from?.State) : null;
            var common = shared ?? fork?.State;
            if (lead is not null && (common is null || !listener.MayFork(common)))
            {
                return;
            }

            foreach (var arm in arms)
            {
                if (!listener.MayBegin(arm))
                {
                    return;
                }

                Train(arm, from?.Arm == arm.Name ? from.State : common);
            }
        }
        catch (Exception e) when (rule == FailureRule.EndAll && cancellation.IsCancellationRequested && (e is OperationCanceledException || e.InnerException is OperationCanceledException))
        {
            EndOpen(RunOutcome.Cancelled, null);
        }
        catch (Exception e) when (rule == FailureRule.EndAll)
        {
            EndOpen(RunOutcome.Failed, Reason(e));
            throw;
        }
    }

    /// <summary>Returns the reason for an arm's failure, for its record; only the first line of a libtorch error, since the rest is its stack trace.</summary>
    internal static string Reason(Exception e) => e is ExternalException ? e.Message.Split('\n')[0] : e.Message;

    private TrainingState? TrainShared(IReadOnlyList<PlannedArm> arms, Plan plan, long steps, TrainingState? from)
    {
        TrainingState? state = null;
        Attempt(arms, () =>
        {
            using var run = new TrainingRun(
                plan,
                model,
                task,
                settings,
                happened =>
                {
                    foreach (var arm in arms)
                    {
                        Tell(arm, happened);
                    }
                },
                (step, seconds) =>
                {
                    foreach (var arm in arms)
                    {
                        _progress[arm].Reached = (step, seconds);
                    }

                    listener.StepDone(null, step);
                },
                arms.Select(a => a.Plan),
                (at, isCancelled) => AfterStep(null, at, isCancelled));
            RunTo(arms, null, run, steps, from);
            state = run.Capture();
            checkpoints?.Fork(run, state);
        });
        return state;
    }

    private void Train(PlannedArm arm, TrainingState? from)
    {
        var completed = Attempt([arm], () =>
        {
            using var run = new TrainingRun(
                arm.Plan,
                model,
                task,
                settings,
                happened => Tell(arm, happened),
                (step, seconds) =>
                {
                    _progress[arm].Reached = (step, seconds);
                    listener.StepDone(arm, step);
                },
                checkpoint: (at, isCancelled) => AfterStep(arm, at, isCancelled));
            RunTo([arm], arm, run, arm.Plan.TotalSteps, from);
            run.Complete();
            listener.Completed(arm, run.Session.Masks.Masks);
        });
        if (completed && rule == FailureRule.GoOn)
        {
            listener.Over(arm, null);
        }
    }

    private void AfterStep(PlannedArm? arm, TrainingRun run, bool isCancelled)
    {
        if (run.Session.IsPhaseDone)
        {
            listener.PhaseDone(arm, run.Session.Step, run.Session.Masks.Masks);
        }

        checkpoints?.AfterStep(arm, run, isCancelled);
    }

    /// <summary>Trains up to a step; goes back to the last checkpoint if a value is not finite and the settings say so.</summary>
    private void RunTo(IReadOnlyList<PlannedArm> arms, PlannedArm? arm, TrainingRun run, long steps, TrainingState? from)
    {
        if (from is not null)
        {
            run.Restore(from);
        }
        else if (settings.OnNonFinite == NonFiniteAction.Rollback)
        {
            checkpoints?.Save(arm, run);
        }

        while (true)
        {
            try
            {
                run.RunTo(steps, cancellation);
                return;
            }
            catch (DivergedException e) when (settings.OnNonFinite == NonFiniteAction.Rollback)
            {
                RollBack(arms, arm, run, e);
            }
        }
    }

    private void RollBack(IReadOnlyList<PlannedArm> arms, PlannedArm? arm, TrainingRun run, DivergedException cause)
    {
        var (at, rollbacks) = (run.Session.Step, run.Session.Rollbacks + 1);
        if (rollbacks > MostRollbacks)
        {
            throw new DivergedException(FormattableString.Invariant($"{cause.Message} Training went back to a checkpoint {MostRollbacks} times before, with half the rate each time."));
        }

        using var last = checkpoints?.RollBack(arm) ?? throw cause;
        run.GoBackTo(last.State, rollbacks);
        var happened = new RolledBack(at, last.Step, Math.Pow(0.5, rollbacks), cause.Message);
        arms.ToList().ForEach(a => Tell(a, happened));
    }

    /// <summary>Trains; where arms may fail individually, ends them as failed and returns false.</summary>
    private bool Attempt(IReadOnlyList<PlannedArm> arms, Action train)
    {
        try
        {
            train();
            return true;
        }
        catch (Exception e) when (rule == FailureRule.GoOn && e is ((DsdException and not CustomCodeException) or ExternalException))
        {
            foreach (var arm in arms)
            {
                Tell(arm, End(arm, RunOutcome.Failed, Reason(e)));
            }

            foreach (var arm in arms)
            {
                listener.Over(arm, e);
            }

            return false;
        }
    }

    private void EndOpen(RunOutcome outcome, string? reason)
    {
        Exception? first = null;
        foreach (var arm in _progress.Where(p => !p.Value.IsOver).Select(p => p.Key).ToList())
        {
            try
            {
                Tell(arm, End(arm, outcome, reason));
            }
            catch (Exception e)
            {
                first ??= e;
            }
        }

        if (first is not null && outcome != RunOutcome.Failed)
        {
            // Of a failed run the error that stopped it is the one to report: most likely the same observer threw again, or the record cannot be written, e.g. on a full disk.
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private RunEnded End(PlannedArm arm, RunOutcome outcome, string? reason) => new(_progress[arm].Reached.Step, outcome, reason, _progress[arm].Reached.Seconds);

    private void Tell(PlannedArm arm, TrainingEvent happened)
    {
        if (!_progress.TryGetValue(arm, out var progress))
        {
            _progress[arm] = progress = new Progress();
        }

        progress.IsOver |= happened is RunEnded;
        listener.Happened(arm, happened);
    }

    private sealed class Progress
    {
        public (long Step, double Seconds) Reached { get; set; }

        public bool IsOver { get; set; }
    }
}
