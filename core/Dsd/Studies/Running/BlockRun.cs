using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Trains the trials of a block that are not done: the shared phases once, then each from a copy of that checkpoint.</summary>
internal sealed class BlockRun(StudyFolder folder, TrialBlock block, ITrialSource source, StudyData data, Claim claim, Action<string, long, long> progress, CancellationToken cancellation) : IDisposable
{
    private readonly Dictionary<Trial, (string Workplace, EventLog Log)> _open = [];
    private long _done;

    /// <summary>How a trial is trained; the test split is left to the judge.</summary>
    public static TrainerSettings SettingsOf(Trial trial, ITrialSource source) => new(
        trial.Seed,
        trial.Treatment.Config.Optimizer,
        gradientClip: trial.Treatment.Config.GradientClip,
        readTest: false,
        methods: source.Methods);

    /// <summary>Trains; returns early where the claim is lost.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; trials that are not finished leave nothing.</exception>
    public void Run()
    {
        var pending = block.Trials.Where(t => !folder.IsDone(t)).ToList();
        if (pending.Count == 0)
        {
            return;
        }

        data.Check(pending[0].Treatment.Config.Data);
        pending.ForEach(folder.ClearWork);
        var (setting, seed) = (pending[0].Treatment.Config, pending[0].Seed);
        manual_seed(seed);
        var (model, task) = source.Open(setting, seed);
        using var network = model;
        var settings = SettingsOf(pending[0], source);
        var plans = pending.ToDictionary(t => t, t => t.Plan(source.Methods));
        var computation = Computation.Describe(model, settings.Precision, settings.Layout);
        TrainingState? checkpoint = null;
        string? fork = null;
        try
        {
            if (block.SharedSteps > 0)
            {
                Open(pending);
                checkpoint = TrainShared();
                if (checkpoint is null)
                {
                    return;
                }

                fork = CheckpointHash.Of(checkpoint);
                var strangers = block.Trials.Where(t => folder.IsDone(t) && folder.ForkOf(t) != fork).ToList();
                if (strangers.Count > 0)
                {
                    // A pair must be one: what was forked from another checkpoint, say on another kind of processor, is trained
                    // again, together with what is left.
                    strangers.ForEach(folder.SetAside);
                    return;
                }
            }

            foreach (var trial in pending)
            {
                if (claim.IsLost)
                {
                    return;
                }

                Train(trial);
            }
        }
        finally
        {
            checkpoint?.Dispose();
        }

        TrainingState? TrainShared()
        {
            // The block's first, whatever is still to be done: how often the loss is sampled follows from it.
            var first = block.Trials[0].Plan(source.Methods);
            var reached = (Step: 0L, Seconds: 0.0);
            try
            {
                using var run = new TrainingRun(first, model, task, settings, happened => Tell(pending, happened), (step, seconds) => Advance(block.Name, reached = (step, seconds), 0), block.Trials.Select(t => t.Treatment.Plan));
                run.RunTo(block.SharedSteps, cancellation);
                _done = block.SharedSteps;
                return run.Capture();
            }
            catch (Exception e) when (e is DsdException or ExternalException)
            {
                // What the shared phases cannot do, no trial of the block can.
                Tell(pending, new RunEnded(reached.Step, RunOutcome.Failed, FirstLine(e), reached.Seconds));
                pending.ForEach(t => Close(t, null, e is DivergedException));
                return null;
            }
        }

        void Train(Trial trial)
        {
            var plan = plans[trial];
            Open([trial]);
            var reached = (Step: block.SharedSteps, Seconds: 0.0);
            var diverged = false;
            try
            {
                using var run = new TrainingRun(plan, model, task, settings, happened => Tell([trial], happened), (step, seconds) => Advance(trial.Name, reached = (step, seconds), block.SharedSteps));
                if (checkpoint is not null)
                {
                    run.Restore(checkpoint);
                }

                run.RunTo(plan.TotalSteps, cancellation);
                run.Complete();
                if (folder.Study.Judgement != Judgement.Validation)
                {
                    WeightFile.Save(model, StudyFolder.WeightsIn(_open[trial].Workplace));
                }
            }
            catch (Exception e) when (e is DsdException or ExternalException)
            {
                Tell([trial], new RunEnded(reached.Step, RunOutcome.Failed, FirstLine(e), reached.Seconds));
                diverged = e is DivergedException;
            }

            _done += plan.TotalSteps - block.SharedSteps;
            Close(trial, fork, diverged);
        }

        void Open(List<Trial> trials)
        {
            foreach (var trial in trials.Where(t => !_open.ContainsKey(t)))
            {
                var workplace = folder.Workplace(trial);
                _open[trial] = (workplace, new EventLog(Path.Combine(workplace, RunReader.EventsFile)));
                Tell([trial], TrainingRun.Describe(trial.Treatment.Name, plans[trial], model, task, settings, computation));
            }
        }
    }

    public void Dispose()
    {
        foreach (var (workplace, log) in _open.Values)
        {
            log.Dispose();
            if (Directory.Exists(workplace))
            {
                Directory.Delete(workplace, recursive: true);
            }
        }

        _open.Clear();
    }

    private static string FirstLine(Exception e) => e.Message.Split('\n')[0];

    private void Tell(IEnumerable<Trial> trials, TrainingEvent happened)
    {
        foreach (var trial in trials)
        {
            _open[trial].Log.Write(happened);
        }
    }

    private void Advance(string name, (long Step, double Seconds) reached, long from)
    {
        progress(name, _done + reached.Step - from, block.Steps);
        if (claim.IsLost)
        {
            throw new ClaimLostException();
        }
    }

    private void Close(Trial trial, string? fork, bool diverged)
    {
        // Data that changed while they were read make no trial.
        var trainedOn = data.Check(trial.Treatment.Config.Data);
        var (workplace, log) = _open[trial];
        log.Dispose();
        _open.Remove(trial);
        folder.Finish(trial, workplace, fork, trainedOn, diverged);
    }
}
