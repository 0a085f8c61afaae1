using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <summary>Trains blocks that differ in the seed alone at once: the shared phases, then each arm from the states of all seeds.</summary>
/// <remarks>
/// Each block keeps its own claim, logs, checkpoints and folders. One whose seed fails is recorded as it would be alone, and one whose claim is lost is left to the worker
/// that has it; the others go on.
/// </remarks>
/// <param name="blocks">The blocks, open and at the same place.</param>
/// <param name="cancellation">Cancels training after the step in progress; each block leaves a checkpoint.</param>
internal sealed class StackedBlocks(IReadOnlyList<BlockRun> blocks, CancellationToken cancellation)
{
    private readonly List<Seat> _seats = [.. blocks.Select(b => new Seat(b))];

    /// <summary>Trains.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="DsdException">An error that belongs to no seed, such as that of memory that is full; nothing is recorded of what was trained last.</exception>
    public void Run()
    {
        try
        {
            Living().ForEach(s => s.Try(() => s.Begin(blocks.Count - 1)));
            if (blocks[0].Lead is var (_, steps))
            {
                if (blocks[0].From?.Arm is null)
                {
                    TrainShared(steps);
                }

                Living().ForEach(s => s.Try(s.LookAtFork));
            }

            for (var arm = 0; arm < blocks[0].Arms.Count; arm++)
            {
                Train(arm);
            }

            Living().ForEach(s => s.Try(s.Block.Clear));
        }
        finally
        {
            _seats.ForEach(s => s.Shared?.Dispose());
        }
    }

    private List<Seat> Living() => _seats.FindAll(s => !s.IsOut);

    private void TrainShared(long steps) => TrainAtOnce(Living(), null, steps, (seat, run) =>
    {
        seat.Shared = run.Capture();
        seat.Block.Checkpoints.Fork(run, seat.Shared);
    });

    private void Train(int arm)
    {
        var seats = Living().FindAll(s => s.Listener.MayBegin(s.Block.Arms[arm]));
        if (seats.Count > 0)
        {
            TrainAtOnce(seats, arm, blocks[0].Arms[arm].Plan.TotalSteps, (seat, run) => seat.Listener.Completed(seat.Block.Arms[arm], run.Session.Masks.Masks));
        }
    }

    /// <summary>Trains the shared phases or an arm of all seeds, then records those that failed and finishes the others.</summary>
    private void TrainAtOnce(List<Seat> seats, int? arm, long steps, Action<Seat, TrainingRun> finish)
    {
        // Checkpoints of all are made after the same step, so that an interruption leaves blocks that can go on at once.
        var due = -1L;
        var seeds = seats.ConvertAll(seat => seat.Seed(arm, (run, isCancelled) =>
        {
            if (seat.Block.Checkpoints.AfterStep(seat.ArmAt(arm), run, isCancelled || due == run.Session.Step))
            {
                due = run.Session.Step;
            }
        }));
        using var run = new StackedRun(seeds[0].Plan!, seeds, arm is null ? [.. seats[0].Block.Arms.Select(a => a.Plan)] : null);
        if (seats.ConvertAll(s => s.StateAt(arm)) is var states && states.TrueForAll(s => s is not null))
        {
            run.Restore(states!);
        }

        try
        {
            run.RunTo(steps, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Some seeds had ended this step when it was cancelled; all of them are left at it.
            seats.Zip(run.Runs).Where(s => s.Second.Session.Step == due).ToList().ForEach(s => s.First.Leave(arm, s.Second));
            throw;
        }

        if (arm is not null)
        {
            run.Complete();
        }

        if (run.Failures.FirstOrDefault(f => f is not null && OutOfMemory.IsCauseOf(f)) is { } full)
        {
            // Of several seeds, whichever met it; alone they may fit.
            throw new DsdException(full.Message, full);
        }

        for (var i = 0; i < seats.Count; i++)
        {
            var (seat, own, failure) = (seats[i], run.Runs[i], run.Failures[i]);
            seat.Try(() => seat.End(arm, failure, () => finish(seat, own)));
        }
    }

    /// <summary>Thrown to a run whose block another worker has taken over, so that it ends as a seed that failed.</summary>
    private sealed class SeedLeftException() : DsdException("Another worker has taken over the block of this seed.");

    /// <summary>One of the blocks, and how far it is.</summary>
    private sealed class Seat(BlockRun block)
    {
        private readonly Dictionary<PlannedArm, (long Step, double Seconds)> _reached = new(ReferenceEqualityComparer.Instance);

        public BlockRun Block => block;

        public IArmListener Listener => block;

        /// <summary>The state at the end of the shared phases, if they were trained here.</summary>
        public TrainingState? Shared { get; set; }

        /// <summary>True once nothing more is to be trained: the shared phases failed, or the block is another worker's.</summary>
        public bool IsOut { get; private set; }

        public PlannedArm? ArmAt(int? arm) => arm is { } at ? block.Arms[at] : null;

        public TrainingState? StateAt(int? arm) => arm is null || block.From?.Arm == block.Arms[arm.Value].Name ? block.From?.State : Shared ?? block.Fork?.State;

        public void Begin(int others)
        {
            block.OpenLogs();
            foreach (var arm in block.Arms)
            {
                var start = block.StartOf(arm, others);
                if (block.From is null)
                {
                    Listener.Happened(arm, start);
                    continue;
                }

                var state = (block.From.Arm is null || block.From.Arm == arm.Name ? block.From : block.Fork!).State;
                Listener.Happened(arm, new RunResumed(state.Session.Step, start.Device, start.Threads, start.Platform, start.Version, start.Time, SeedsAtOnce.Resumed(block.Begun, others), start.Accelerator));
                _reached[arm] = (state.Session.Step, state.ElapsedSeconds);
            }
        }

        public StackedSeed Seed(int? at, Action<TrainingRun, bool> checkpoint)
        {
            var arm = ArmAt(at);
            List<PlannedArm> arms = arm is null ? [.. block.Arms] : [arm];
            return new(
                block.Model,
                block.Task,
                block.Settings,
                happened => Guarded(() => arms.ForEach(a => Listener.Happened(a, happened))),
                (step, seconds) =>
                {
                    arms.ForEach(a => _reached[a] = (step, seconds));
                    Guarded(() => Listener.StepDone(arm, step));
                },
                (run, isCancelled) => Guarded(() =>
                {
                    if (run.Session.IsPhaseDone)
                    {
                        Listener.PhaseDone(arm, run.Session.Step, run.Session.Masks.Masks);
                    }

                    checkpoint(run, isCancelled);
                }),
                arm?.Plan ?? block.Lead!.Value.Plan);
        }

        public void LookAtFork() => IsOut |= (Shared ?? block.Fork?.State) is not { } state || !Listener.MayFork(state);

        /// <summary>Finishes what was trained, or records its failure.</summary>
        public void End(int? at, Exception? failure, Action finish)
        {
            if (failure is SeedLeftException)
            {
                IsOut = true;
                return;
            }

            failure ??= ErrorOf(finish);
            List<PlannedArm> arms = ArmAt(at) is { } arm ? [arm] : failure is null ? [] : [.. block.Arms];
            if (failure is not null)
            {
                var reason = ArmRunner.Reason(failure);
                arms.ForEach(a => Listener.Happened(a, new RunEnded(_reached.GetValueOrDefault(a).Step, RunOutcome.Failed, reason, _reached.GetValueOrDefault(a).Seconds)));
            }

            arms.ForEach(a => Listener.Over(a, failure));
            if (at is null && failure is not null)
            {
                block.Clear();
                IsOut = true;
            }
        }

        /// <summary>Leaves a checkpoint, unless that of this step was written.</summary>
        public void Leave(int? at, TrainingRun run) => Try(() => ErrorOf(() => block.Checkpoints.Save(ArmAt(at), run)));

        /// <summary>Does something for this block; it is out if that finds its claim lost.</summary>
        public void Try(Action action)
        {
            try
            {
                action();
            }
            catch (Exception e) when (block.IsLostBy(e))
            {
                IsOut = true;
            }
        }

        private static Exception? ErrorOf(Action action)
        {
            try
            {
                action();
                return null;
            }
            catch (Exception e) when (e is (DsdException and not CustomCodeException) or ExternalException)
            {
                return e;
            }
        }

        private void Guarded(Action action)
        {
            try
            {
                action();
            }
            catch (Exception e) when (block.IsLostBy(e))
            {
                throw new SeedLeftException();
            }
        }
    }
}
