using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Torch;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Trains one arm by a session; it can stop at a step, be captured there, and resume elsewhere.</summary>
internal sealed class TrainingRun : IDisposable
{
    // What libraries prepare at first use must not be recorded.
    internal const int WarmUpSteps = 3;

    private readonly Plan _plan;
    private readonly nn.Module _model;
    private readonly ITrainingTask _task;
    private readonly TrainerSettings _settings;
    private readonly Computation _computation;
    private readonly Action<TrainingEvent> _observer;
    private readonly Action<long, double> _stepDone;
    private readonly Action<TrainingRun, bool> _checkpoint;
    private readonly long _samplingInterval;
    private readonly optim.Optimizer _optimizer;
    private readonly Session _session;
    private readonly TrainingFaults _faults;
    private readonly bool _seesEveryLoss;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly bool _isOnCuda;
    private readonly Device _device;
    private readonly RecordedStep? _recorded;
    private long _warmUntil = WarmUpSteps;
    private double _secondsBefore;
    private ValueList<DataProblem> _leftOutBefore = [];
    private CancellationToken _cancellation;

    /// <summary>Prepares the training of an arm, or of the phases that several share.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The model.</param>
    /// <param name="task">The data, the loss and the metrics.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="observer">Called with each event.</param>
    /// <param name="stepDone">Called after each step with the number of finished steps and the seconds so far.</param>
    /// <param name="arms">The plans that may continue from a copy of this run. Default null: none.</param>
    /// <param name="checkpoint">Called between steps, when a checkpoint can be made, with true if training is about to be cancelled. Default null: none.</param>
    public TrainingRun(
        Plan plan,
        nn.Module model,
        ITrainingTask task,
        TrainerSettings settings,
        Action<TrainingEvent> observer,
        Action<long, double> stepDone,
        IEnumerable<Plan>? arms = null,
        Action<TrainingRun, bool>? checkpoint = null)
    {
        _plan = plan;
        _model = model;
        _task = task;
        _settings = settings;
        _observer = observer;
        _stepDone = stepDone;
        _checkpoint = checkpoint ?? ((_, _) => { });
        _samplingInterval = settings.LogEverySteps ?? Math.Clamp(plan.TotalSteps / 200, 1, 50);
        _optimizer = settings.Optimizer.Create(model.parameters(), plan.RateAt(0));
        try
        {
            _computation = new Computation(model, settings.Precision, settings.Layout);
            _session = new Session(plan, model, _optimizer, Tell, settings.Methods, settings.Seed);
        }
        catch
        {
            _computation?.Dispose();
            _optimizer.Dispose();
            throw;
        }

        // An arm that continues from a copy of this run may choose its masks by the last gradients.
        _session.KeepsGradientsAtPhaseEnds |= arms?.Any(settings.Methods.ReadsGradients) ?? false;
        _session.KeepFor(arms ?? []);
        _faults = new TrainingFaults(model, task, step => plan.RateAt(Math.Min(step, plan.TotalSteps - 1)) * _session.RateFactor);

        // On another device each read of a loss waits for all work queued before it.
        var device = model.parameters().FirstOrDefault()?.device_type ?? DeviceType.CPU;
        _seesEveryLoss = device == DeviceType.CPU;
        _isOnCuda = device == DeviceType.CUDA;
        _device = model.parameters().FirstOrDefault()?.device ?? CPU;
        _recorded = RecordedStep.IsWanted(settings, _device) ? Recorded() : null;
        RunSeed.Begin(settings.Seed);
    }

    /// <summary>The live model.</summary>
    public nn.Module Model => _model;

    /// <summary>The plan.</summary>
    public Plan Plan => _plan;

    /// <summary>The session that carries it out.</summary>
    public Session Session => _session;

    /// <summary>The measurement on the validation split after the last step; null if that step had none.</summary>
    public Evaluated? Validation { get; private set; }

    /// <summary>The optimiser; a stacked run moves its parameters.</summary>
    internal optim.Optimizer Optimizer => _optimizer;

    /// <summary>True if gradients are clipped after <see cref="BeforeUpdate"/>, together with those of other seeds.</summary>
    internal bool IsClippedElsewhere { get; set; }

    /// <summary>True if the weights that the last update left are known to be finite, as they were checked with those of other seeds.</summary>
    internal bool HasFiniteWeights { get; set; }

    /// <summary>Called before the run is captured. Default null: nothing is to be done.</summary>
    internal Action? BeforeCapture { get; set; }

    private double ElapsedSeconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    public static RunStarted Describe(string arm, Plan plan, nn.Module model, ITrainingTask task, TrainerSettings settings, string computation) => new(
        arm,
        plan.Schedule,
        model.GetName(),
        plan.Shape,
        task.Name,
        plan.StepsPerEpoch,
        task.Settings,
        settings.Optimizer.ToString(),
        settings.GradientClip,
        settings.Seed,
        model.parameters().FirstOrDefault()?.device.ToString() ?? "cpu",
        get_num_threads(),
        Platform(),
        VersionOf(typeof(TrainingRun)),
        DateTimeOffset.Now,
        computation,
        DataProblem.NullIfNone(task.Problems),
        TorchRuntime.State,
        Accelerator.Of(model));

    /// <summary>Trains up to a step of the plan.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the step in progress was finished.</exception>
    public void RunTo(long step, CancellationToken cancellation)
    {
        Prepare(step, cancellation);
        while (BeginStep(step))
        {
            TrainOneStep();
            if (_session.IsPhaseDone)
            {
                // The session keeps those that a score function may read; releasing the others leaves room for choosing masks and for snapshots.
                _optimizer.zero_grad();
                _recorded?.Forget();
            }

            EndStep();
        }
    }

    /// <summary>Prepares training up to a step of the plan.</summary>
    internal void Prepare(long step, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _model.train();
        if (_session.NeedsFirstGradients && step > 0)
        {
            ComputeFirstGradients();
        }
    }

    /// <summary>Starts a step if one is left before the given one.</summary>
    internal bool BeginStep(long before) => _session.Step < before && _session.BeginStep();

    /// <summary>Measures and makes checkpoints where the step just trained asks for it.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    internal void EndStep()
    {
        _stepDone(_session.Step, ElapsedSeconds);
        Validation = _session.IsPhaseDone || _session.Step % ((long)_plan.StepsPerEpoch * _settings.EvaluateEvery) == 0 ? Evaluate(DataSplit.Validation) : null;
        if (_session.IsPhaseDone && _settings.EvaluateTrain)
        {
            Evaluate(DataSplit.Train);
        }

        var isCancelled = _cancellation.IsCancellationRequested;
        _checkpoint(this, isCancelled);
        if (isCancelled)
        {
            _cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Closes the last phase, evaluates on the test split if requested, and ends the record.</summary>
    public void Complete()
    {
        if (_session.BeginStep())
        {
            throw new InvalidOperationException("A run can only be completed when all its steps are done.");
        }

        if (_settings.ReadTest)
        {
            Evaluate(DataSplit.Test);
        }

        _observer(new RunEnded(_session.Step, RunOutcome.Completed, null, ElapsedSeconds));
    }

    /// <summary>Captures a deep copy of the run; between steps only.</summary>
    public TrainingState Capture()
    {
        BeforeCapture?.Invoke();
        return _session.CaptureAll() with
        {
            ElapsedSeconds = ElapsedSeconds,
            ComputedOtherwise = [.. _computation.ReportedNotes],
            UsesOneDnn = _computation.UsesOneDnn,
            Losses = _faults.Seen,
            LeftOut = DataProblem.Union(_leftOutBefore, _task.LeftOut(DataSplit.Train)),
        };
    }

    /// <summary>Restores a captured copy, which stays usable; also in the middle of a step that failed.</summary>
    /// <exception cref="DsdException">It is of another network, plan or optimiser.</exception>
    public void Restore(TrainingState snapshot)
    {
        _recorded?.Forget();
        _session.Restore(snapshot);
        _computation.Remember(snapshot.ComputedOtherwise, snapshot.UsesOneDnn);
        _faults.From = snapshot.Session.Step;
        _faults.Seen = snapshot.Losses;
        _leftOutBefore = snapshot.LeftOut;
        _secondsBefore = snapshot.ElapsedSeconds;
        _clock.Restart();
        _warmUntil = snapshot.Session.Step + WarmUpSteps;
    }

    /// <summary>Goes back to a captured state, at rates that are halved once more; the time that was spent since counts.</summary>
    public void GoBackTo(TrainingState snapshot, int rollbacks)
    {
        var seconds = ElapsedSeconds;
        Restore(snapshot);
        _session.Rollbacks = rollbacks;
        _secondsBefore = seconds;
    }

    public void Dispose()
    {
        _recorded?.Dispose();
        _session.Dispose();
        _computation.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>
    /// Computes the gradients of the first batch, by which the masks of the first phase rank. It is no step of training: weights, buffers and random state are as before, and its
    /// loss is in no record.
    /// </summary>
    private void ComputeFirstGradients()
    {
        using var scope = NewDisposeScope();

        // As at the first step, which seeds them again, so that these gradients do not depend on what was drawn before.
        SeedCuda(0);
        _optimizer.zero_grad();
        WithoutEffect(_model.buffers(), () => _faults.CheckFinite(Gradients(0, readsLoss: true), 0));
    }

    /// <summary>Computes something after which buffers and the CPU's random state are as before, also if it fails.</summary>
    internal static void WithoutEffect(IEnumerable<Tensor> buffers, Action work)
    {
        using var scope = NewDisposeScope();
        var random = get_rng_state();
        var before = buffers.Select(b => (Live: b, Before: b.detach().clone())).ToList();
        try
        {
            work();
        }
        finally
        {
            using var guard = no_grad();
            before.ForEach(b => b.Live.copy_(b.Before));
            set_rng_state(random);
        }
    }

    private void Clip(double most)
    {
        _session.Masks.ApplyToGradients();
        GradientClip.Apply(_model.parameters(), most);
    }

    private void SeedCuda(long step)
    {
        if (_isOnCuda)
        {
            RunSeed.BeginStepOnCuda(_settings.Seed, step);
        }
    }

    private RecordedStep? Recorded()
    {
        if (RecordedStep.ObstacleOf(_model, _task, _optimizer, _settings, _device) is { } obstacle)
        {
            NoteObstacle(obstacle);
            return null;
        }

        var task = (IBatchTask)_task;
        var work = new RecordableWork(
            task.Name,
            _model,
            () => _model.buffers(),
            step => task.Batch(step, _device),
            (inputs, targets) =>
            {
                _optimizer.zero_grad();
                return _computation.Backward(() => task.Loss(_model, inputs, targets), static _ => { });
            },
            SeedCuda,
            _settings.GradientClip is { } most ? () => Clip(most) : null,
            _optimizer);
        return new(work, _settings, _device);
    }

    /// <summary>Notes in the record that steps are not recorded.</summary>
    internal void NoteObstacle(string obstacle) => _computation.Note($"steps are not recorded: {obstacle}");

    private void TrainOneStep()
    {
        using var scope = NewDisposeScope();
        var step = _session.Step;

        if (_recorded is { Obstacle: null } && step >= _warmUntil && _session.PlainSteps(_recorded.IsReady ? 1 : RecordedStep.FewestReplays) && TrainRecorded(step))
        {
            return;
        }

        _optimizer.zero_grad();
        var value = Backward(step);
        BeforeUpdate();
        _optimizer.step();
        AfterUpdate(value);
    }

    /// <summary>Does what a step does between its gradients and the optimiser's update.</summary>
    internal void BeforeUpdate()
    {
        var step = _session.Step;
        _session.CheckThatSomethingHasAGradient();
        if (_session.NeedsMaskedGradients || _settings.GradientClip is not null || _settings.StepHook is not null)
        {
            _session.MaskGradients();
        }

        Hook(nameof(IStepHook.BeforeUpdate), step, hook =>
        {
            hook.BeforeUpdate(_model, step);
            _session.CheckThatGradientsAreFinite();
        });

        if (_settings.GradientClip is { } most && !IsClippedElsewhere)
        {
            if (_recorded is null && _seesEveryLoss)
            {
                nn.utils.clip_grad_norm_(_model.parameters(), most);
            }
            else
            {
                GradientClip.Apply(_model.parameters(), most);
            }
        }
    }

    /// <summary>Trains a step that repeats a recorded one; of it the loss is read where it is sampled.</summary>
    /// <returns>False if nothing was done.</returns>
    private bool TrainRecorded(long step)
    {
        var (isDone, value) = (false, double.NaN);
        try
        {
            isDone = _recorded!.TryTrain(step, IsSampled(step) ? loss => Saw(value = loss.to(ScalarType.Float64).item<double>()) : null);
        }
        catch (ExternalException e)
        {
            throw _faults.OfStep(step, e);
        }

        if (_recorded.Obstacle is { } obstacle)
        {
            NoteObstacle(obstacle);
        }

        if (isDone)
        {
            AfterUpdate(value);
        }

        return isDone;
    }

    /// <summary>Does what a step does after the optimiser's update.</summary>
    /// <param name="value">The loss, if it was read.</param>
    internal void AfterUpdate(double value)
    {
        var step = _session.Step;
        if (IsSampled(step))
        {
            _observer(new StepSampled(step, _session.Rate, value, _computation.TakeNewNotes()));
            if (!_seesEveryLoss && !HasFiniteWeights)
            {
                // In CPU memory every step is checked as it ends.
                _session.CheckThatWeightsAreFinite();
            }
        }

        _session.EndStep();
        Hook(nameof(IStepHook.AfterUpdate), step, hook => hook.AfterUpdate(_model, step));
    }

    private void Hook(string method, long step, Action<IStepHook> call)
    {
        if (_settings.StepHook is { } hook)
        {
            CustomCode.Run($"the step hook {hook.GetType().Name}", FormattableString.Invariant($"in {method} of step {step}"), () => call(hook), cancellation: _cancellation);
        }
    }

    private bool IsSampled(long step) => step % _samplingInterval == 0;

    /// <summary>Computes the gradients of a step of training, and watches its loss.</summary>
    /// <returns>The loss if it was read, else NaN.</returns>
    private double Backward(long step)
    {
        var readsLoss = ReadsLoss(step);
        var seen = Gradients(step, readsLoss);
        if (readsLoss)
        {
            Saw(seen);
        }

        return seen;
    }

    /// <summary>True if the loss of a step is read.</summary>
    internal bool ReadsLoss(long step) => IsSampled(step) || _seesEveryLoss;

    /// <summary>Watches the loss of the step in progress, before the optimiser's update: the weights are still those that gave it.</summary>
    /// <exception cref="DivergedException">It is not finite.</exception>
    internal void Saw(double seen)
    {
        var step = _session.Step;
        if (!double.IsFinite(seen) && IsSampled(step))
        {
            _observer(new StepSampled(step, _session.Rate, seen, _computation.TakeNewNotes()));
        }

        _faults.Saw(seen, step);
    }

    /// <summary>Computes the gradients of a step's batch.</summary>
    /// <returns>The loss if it is read, else NaN.</returns>
    private double Gradients(long step, bool readsLoss)
    {
        var seen = double.NaN;
        try
        {
            _computation.Backward(() => Task("Loss", FormattableString.Invariant($"step {step}"), () => _task.Loss(_model, step)), loss =>
            {
                _faults.Check(loss, step);
                seen = readsLoss ? loss.to(ScalarType.Float64).item<double>() : double.NaN;
            });
            return seen;
        }
        catch (ExternalException e)
        {
            throw _faults.OfStep(step, e);
        }
    }

    /// <summary>Calls the task; an error of libtorch passes through, since the layer in which it arose is found elsewhere.</summary>
    private T Task<T>(string method, string where, Func<T> call) =>
        CustomCode.Run($"the task {_task.Name}", $"in {method} of {where}", call, e => e is ExternalException, _cancellation);

    private Evaluated Evaluate(DataSplit split)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        _model.eval();
        try
        {
            var evaluated = new Evaluated(_session.Step, split, _computation.Forward(() => Task("Evaluate", FormattableString.Invariant($"the {split} split at step {_session.Step}"), () => _task.Evaluate(_model, split))), LeftOut(split), _computation.TakeNewNotes());
            _faults.Check(evaluated);
            _observer(evaluated);
            _faults.Saw(evaluated);
            return evaluated;
        }
        catch (ExternalException e)
        {
            throw _faults.OfMeasuring(split, e);
        }
        finally
        {
            _model.train();
        }
    }

    private void Tell(TrainingEvent happened) => _observer(happened is PhaseEnded ended ? ended with { LeftOut = LeftOut(DataSplit.Train) } : happened);

    private ValueList<DataProblem>? LeftOut(DataSplit split) =>
        DataProblem.NullIfNone(split == DataSplit.Train ? DataProblem.Union(_leftOutBefore, _task.LeftOut(split)) : _task.LeftOut(split));

    private static string Platform() =>
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}, {Processor()}{RuntimeInformation.FrameworkDescription}, TorchSharp {VersionOf(typeof(torch))}";

    /// <summary>Returns the processor's name where Linux reports it, with a comma after it.</summary>
    private static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo";
        const string field = "model name";
        var line = File.Exists(cpuInfo) ? File.ReadLines(cpuInfo).FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal)) : null;
        return line?.Split(':', 2) is [_, var name] ? $"{name.Trim()}, " : "";
    }

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
