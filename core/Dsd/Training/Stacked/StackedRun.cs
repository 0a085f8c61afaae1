using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Trains one network from several seeds at once: one forward and backward pass and one optimiser step for all, and all else for each by itself.</summary>
/// <remarks>
/// Each seed has a <see cref="TrainingRun"/> and a session of its own, on a network that is a slice of the stack: they choose masks, evaluate, make checkpoints and raise
/// events as they do alone. A seed that fails leaves the others as they are; its slice is computed further, and nobody looks at it.
/// </remarks>
internal sealed class StackedRun : IDisposable
{
    private readonly IReadOnlyList<StackedSeed> _seeds;
    private readonly NetworkStack _stack;
    private readonly List<TrainingRun> _runs = [];
    private readonly StackedOptimizer _optimizer;
    private readonly Exception?[] _failures;
    private readonly RecordedStep? _recorded;
    private CancellationToken _cancellation;
    private (int Living, Func<long, (Tensor Inputs, Tensor Targets)>? Make) _batches;
    private long _warmUntil = TrainingRun.WarmUpSteps;

    /// <summary>Prepares the training of seeds; their networks become slices of common tensors and keep their values.</summary>
    /// <param name="plan">The plan of every seed.</param>
    /// <param name="seeds">The seeds, at least one.</param>
    /// <param name="arms">The plans that may continue from copies of these runs. Default null: none.</param>
    /// <exception cref="DsdException">They cannot be trained at once, for the reason that <see cref="Obstacle"/> gives.</exception>
    public StackedRun(Plan plan, IReadOnlyList<StackedSeed> seeds, IReadOnlyList<Plan>? arms = null)
    {
        if (Obstacle(seeds) is { } obstacle)
        {
            throw new DsdException($"These seeds cannot be trained at once: {obstacle}.");
        }

        (_seeds, _failures) = (seeds, new Exception?[seeds.Count]);
        _stack = new NetworkStack([.. seeds.Select(s => s.Model)]);
        try
        {
            foreach (var seed in seeds)
            {
                _runs.Add(new TrainingRun(seed.Plan ?? plan, seed.Model, seed.Task, seed.Settings, seed.Observer, seed.StepDone ?? ((_, _) => { }), arms, seed.Checkpoint));
            }

            _optimizer = new StackedOptimizer(seeds[0].Settings.Optimizer, _stack.Parameters, _runs.ConvertAll(r => r.Optimizer));
            (_recorded, RecordingObstacle) = Recorded();
        }
        catch
        {
            Dispose();
            throw;
        }

        foreach (var run in _runs)
        {
            (run.BeforeCapture, run.IsClippedElsewhere) = (_optimizer.Spread, Clip is not null);

            // A stack has no layer that draws random numbers.
            run.Session.DrawsOnCuda = false;
        }
    }

    /// <summary>The runs of the seeds, in their order.</summary>
    public IReadOnlyList<TrainingRun> Runs => _runs;

    /// <summary>For each seed the error that ended it, or null.</summary>
    public IReadOnlyList<Exception?> Failures => _failures;

    /// <summary>The reason why steps are not recorded; null if they are.</summary>
    public string? RecordingObstacle { get; private set; }

    private double? Clip => _seeds[0].Settings.GradientClip;

    private TrainingRun? FirstLiving => _runs.Where((_, i) => Lives(i)).FirstOrDefault();

    /// <summary>Returns the reason why seeds cannot be trained at once, naming the layer, the network, the task or the setting; null if they can.</summary>
    public static string? Obstacle(IReadOnlyList<StackedSeed> seeds)
    {
        var (first, settings) = (seeds[0], seeds[0].Settings);
        if (first.Task is not IBatchTask)
        {
            return $"the task {first.Task.Name} does not make its batches apart from its loss, as it is no {nameof(IBatchTask)}";
        }

        if (settings.Precision != Precision.Fp32 || settings.Layout != MemoryLayout.Automatic)
        {
            return $"they are computed in {(settings.Precision != Precision.Fp32 ? settings.Precision.ToString().ToLowerInvariant() : "a memory layout of their own")}, which is offered for one network alone";
        }

        if (settings.OnNonFinite == NonFiniteAction.Rollback)
        {
            return "values that are not finite lead to a rollback, after which the rate of one seed is not that of the others";
        }

        return seeds.FirstOrDefault(s => s.Task.GetType() != first.Task.GetType() || s.Settings.Optimizer != settings.Optimizer || s.Settings.GradientClip != settings.GradientClip
                || s.Settings.LogEverySteps != settings.LogEverySteps || s.Settings.Precision != settings.Precision || s.Settings.OnNonFinite != settings.OnNonFinite || s.Settings.Capture != settings.Capture) is { } other
            ? FormattableString.Invariant($"seed {other.Settings.Seed} has other settings than seed {settings.Seed}")
            : NetworkStack.Obstacle([.. seeds.Select(s => s.Model)]);
    }

    /// <summary>Trains up to a step of the plan all seeds that have not failed.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the step in progress was finished.</exception>
    public void RunTo(long step, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        Each((run, _) => run.Prepare(step, cancellation));
        while (BeginStep(step))
        {
            TrainOneStep();
        }
    }

    /// <summary>Closes the last phase of each seed, evaluates it on the test split if requested, and ends its record.</summary>
    public void Complete() => Each((run, _) => run.Complete());

    /// <summary>Restores captured copies, one for each seed, all made after the same step.</summary>
    /// <exception cref="DsdException">One is of another network, plan, optimiser or step.</exception>
    public void Restore(IReadOnlyList<TrainingState> states)
    {
        if (states.Select(s => s.Session.Step).Distinct().Count() > 1)
        {
            throw new DsdException($"Seeds that are trained at once continue from one step; these checkpoints were made after steps {string.Join(", ", states.Select(s => FormattableString.Invariant($"{s.Session.Step}")))}.");
        }

        for (var i = 0; i < _runs.Count; i++)
        {
            _runs[i].Restore(states[i]);
        }

        _recorded?.Forget();
        _warmUntil = states[0].Session.Step + TrainingRun.WarmUpSteps;
        _stack.DropGradients();
        _optimizer.Gather(Lives);
        FollowMasks();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recorded?.Dispose();
        _optimizer?.Dispose();
        _runs.ForEach(r => r.Dispose());
        _stack.Dispose();
    }

    private bool Lives(int seed) => _failures[seed] is null;

    private bool BeginStep(long end)
    {
        if (FirstLiving is not { Session: var session })
        {
            return false;
        }

        if (session.IsPhaseDone)
        {
            // Where a phase ends, sessions may reset the state of their optimisers, or keep it with its counts.
            _optimizer.Spread();
        }

        var before = session.Phase;
        var isBegun = false;
        Each((run, _) => isBegun |= run.BeginStep(end));
        if (!isBegun || FirstLiving is not { Session: { Phase: { } phase } living })
        {
            return false;
        }

        if (phase.Index != before?.Index)
        {
            _optimizer.Gather(Lives);
        }

        if (phase.Index != before?.Index || phase.ChoosesAt(living.Step - phase.FirstStep))
        {
            FollowMasks();
        }

        return true;
    }

    private void FollowMasks()
    {
        if (_optimizer.Follow(_runs.ConvertAll(r => r.Session.Masks.StepMasks)))
        {
            _recorded?.Forget();
        }
    }

    private void TrainOneStep()
    {
        using var scope = NewDisposeScope();
        var session = FirstLiving!.Session;
        var step = session.Step;
        if (_recorded is { Obstacle: null } && step >= _warmUntil && session.PlainSteps(_recorded.IsReady ? 1 : RecordedStep.FewestReplays) && TrainRecorded(step))
        {
            Each((run, _) => run.EndStep());
            return;
        }

        var losses = Backward(step);
        Each((run, i) =>
        {
            if (losses is not null)
            {
                run.Saw(losses[i]);
            }

            run.BeforeUpdate();
        });
        if (Clip is { } most)
        {
            // Each run has masked its gradients.
            GradientClip.ApplyToEach(_stack.Parameters.Values, most);
        }

        _optimizer.SetRate(session.Rate);
        _optimizer.Step();
        if (_optimizer.IsNonFinite)
        {
            Each((run, _) =>
            {
                run.Session.CheckThatGradientsAreFinite();
                run.Session.CheckThatWeightsAreFinite();
            });
        }

        AfterUpdate(losses);
        if (FirstLiving?.Session.IsPhaseDone == true)
        {
            _stack.DropGradients();
            _recorded?.Forget();
        }

        Each((run, _) => run.EndStep());
    }

    private void AfterUpdate(double[]? losses)
    {
        // Where losses are read, runs look at their weights; those of all are finite as a rule, and one look tells.
        var areFinite = losses is not null && _stack.Device.type != TorchSharp.DeviceType.CPU && _stack.HasFiniteWeights();
        Each((run, i) =>
        {
            run.HasFiniteWeights = areFinite;
            run.AfterUpdate(losses?[i] ?? double.NaN);
        });
    }

    /// <summary>Trains a step that repeats a recorded one.</summary>
    /// <returns>False if nothing was done.</returns>
    private bool TrainRecorded(long step)
    {
        double[]? losses = null;
        _optimizer.SetRate(FirstLiving!.Session.Rate);
        try
        {
            var isDone = _recorded!.TryTrain(step, FirstLiving.ReadsLoss(step) ? Saw : null);
            if (_recorded.Obstacle is { } obstacle)
            {
                RecordingObstacle = obstacle;
                Each((run, _) => run.NoteObstacle(obstacle));
            }

            if (!isDone)
            {
                return false;
            }
        }
        catch (ExternalException e)
        {
            throw Failed(step, e);
        }

        AfterUpdate(losses);
        return true;

        void Saw(Tensor all)
        {
            var read = losses = Read(all);
            Each((run, i) => run.Saw(read[i]));
        }
    }

    private (RecordedStep? Step, string? Obstacle) Recorded()
    {
        var settings = _seeds[0].Settings;
        if (RecordedStep.IsOff(settings))
        {
            return (null, "recording is off");
        }

        if (RecordedStep.ObstacleOf(_seeds[0].Model, _seeds[0].Task, _optimizer.Common, settings, _stack.Device) is { } obstacle)
        {
            return (null, obstacle);
        }

        var work = new RecordableWork(
            _seeds[0].Task.Name,
            _seeds[0].Model,
            () => _stack.Buffers,
            Batch,
            (inputs, targets) => Computation.WithOwnKernels(() => _stack.BackwardOfAll(inputs, outputs => ((IBatchTask)_seeds[0].Task).StackedLoss(outputs, targets))),
            static _ => { },
            Clip is { } most ? () => _optimizer.Clip(most) : null,
            _optimizer.Common);
        return (new(work, settings, _stack.Device), null);
    }

    /// <summary>Computes the gradients of all seeds.</summary>
    /// <returns>The losses if they are read, else null.</returns>
    private double[]? Backward(long step)
    {
        var (inputs, targets) = Batch(step);
        try
        {
            var losses = Computation.WithOwnKernels(() => _stack.Backward(inputs, outputs => ((IBatchTask)_seeds[0].Task).StackedLoss(outputs, targets)));
            return FirstLiving!.ReadsLoss(step) ? Read(losses) : null;
        }
        catch (ExternalException e)
        {
            throw Failed(step, e);
        }
    }

    private static double[] Read(Tensor losses) => [.. losses.to(ScalarType.Float64).cpu().data<double>()];

    private DsdException Failed(long step, ExternalException e) =>
        new(FormattableString.Invariant($"{_seeds[0].Task.Name}: step {step} of {_seeds.Count} seeds at once failed: {e.Message.Split('\n')[0].Trim()}"), e);

    /// <summary>Makes the batches of a step, shape (k, N, …); they belong to the current dispose scope.</summary>
    private (Tensor Inputs, Tensor Targets) Batch(long step)
    {
        // A seed that has failed is computed on the batch of another.
        var living = Enumerable.Range(0, _seeds.Count).Count(Lives);
        var any = Enumerable.Range(0, _seeds.Count).First(Lives);
        if (_batches.Living != living)
        {
            _batches = (living, ((IBatchTask)_seeds[any].Task).StackedBatches([.. _seeds.Select((s, i) => (IBatchTask)(Lives(i) ? s : _seeds[any]).Task)], _stack.Device));
        }

        if (_batches.Make is { } make)
        {
            return Called(_seeds[any].Task, () => make(step));
        }

        var batches = _seeds.Select((s, i) => Lives(i) ? Called(s.Task, () => ((IBatchTask)s.Task).Batch(step, _stack.Device)) : default).ToArray();
        return (stack([.. batches.Select(b => b.Inputs ?? batches[any].Inputs)]), stack([.. batches.Select(b => b.Targets ?? batches[any].Targets)]));

        (Tensor Inputs, Tensor Targets) Called(ITrainingTask task, Func<(Tensor Inputs, Tensor Targets)> call) =>
            CustomCode.Run($"the task {task.Name}", FormattableString.Invariant($"in Batch of step {step}"), call, cancellation: _cancellation);
    }

    /// <summary>Does something for each seed that has not failed; one that fails here is out from then on.</summary>
    private void Each(Action<TrainingRun, int> action)
    {
        OperationCanceledException? cancelled = null;
        for (var i = 0; i < _runs.Count; i++)
        {
            if (!Lives(i))
            {
                continue;
            }

            try
            {
                action(_runs[i], i);
            }
            catch (OperationCanceledException e)
            {
                // The others, too, finish the step and make their checkpoints.
                cancelled = e;
            }
            catch (Exception e) when (e is (DsdException and not CustomCodeException) or ExternalException)
            {
                _failures[i] = e;
            }
        }

        if (cancelled is not null)
        {
            ExceptionDispatchInfo.Throw(cancelled);
        }
    }
}
