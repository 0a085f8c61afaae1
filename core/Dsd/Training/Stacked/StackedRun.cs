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
    private CancellationToken _cancellation;

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
        }
        catch
        {
            Dispose();
            throw;
        }

        _runs.ForEach(r => r.BeforeCapture = _optimizer.Spread);
    }

    /// <summary>The runs of the seeds, in their order.</summary>
    public IReadOnlyList<TrainingRun> Runs => _runs;

    /// <summary>For each seed the error that ended it, or null.</summary>
    public IReadOnlyList<Exception?> Failures => _failures;

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
                || s.Settings.LogEverySteps != settings.LogEverySteps || s.Settings.Precision != settings.Precision || s.Settings.OnNonFinite != settings.OnNonFinite) is { } other
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

        _stack.DropGradients();
        _optimizer.Gather(Lives);
        FollowMasks();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
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

        if (phase != before)
        {
            _optimizer.Gather(Lives);
        }

        if (phase != before || phase.ChoosesAt(living.Step - phase.FirstStep))
        {
            FollowMasks();
        }

        return true;
    }

    private void FollowMasks() => _optimizer.Follow(_runs.ConvertAll(r => r.Session.Masks.StepMasks));

    private void TrainOneStep()
    {
        using var scope = NewDisposeScope();
        var session = FirstLiving!.Session;
        var step = session.Step;
        var losses = Backward(step);
        Each((run, i) =>
        {
            if (losses is not null)
            {
                run.Saw(losses[i]);
            }

            run.BeforeUpdate();
        });
        _optimizer.Step(session.Rate);
        if (_optimizer.IsNonFinite)
        {
            Each((run, _) =>
            {
                run.Session.CheckThatGradientsAreFinite();
                run.Session.CheckThatWeightsAreFinite();
            });
        }

        Each((run, i) => run.AfterUpdate(losses?[i] ?? double.NaN));
        if (FirstLiving?.Session.IsPhaseDone == true)
        {
            _stack.DropGradients();
        }

        Each((run, _) => run.EndStep());
    }

    /// <summary>Computes the gradients of all seeds.</summary>
    /// <returns>The losses if they are read, else null.</returns>
    private double[]? Backward(long step)
    {
        var batches = new (Tensor Inputs, Tensor Targets)[_seeds.Count];
        for (var i = 0; i < batches.Length; i++)
        {
            var task = (IBatchTask)_seeds[i].Task;
            batches[i] = Lives(i)
                ? CustomCode.Run($"the task {task.Name}", FormattableString.Invariant($"in Batch of step {step}"), () => task.Batch(step, _stack.Device), cancellation: _cancellation)
                : default;
        }

        // A seed that has failed is computed on any batch.
        var any = batches.First(b => b.Inputs is not null);
        var (inputs, targets) = (stack([.. batches.Select(b => b.Inputs ?? any.Inputs)]), stack([.. batches.Select(b => b.Targets ?? any.Targets)]));
        try
        {
            var losses = Computation.WithOwnKernels(() => _stack.Backward(inputs, outputs => ((IBatchTask)_seeds[0].Task).StackedLoss(outputs, targets)));
            return FirstLiving!.ReadsLoss(step) ? [.. losses.to(ScalarType.Float64).cpu().data<double>()] : null;
        }
        catch (ExternalException e)
        {
            throw new DsdException(FormattableString.Invariant($"{_seeds[0].Task.Name}: step {step} of {_seeds.Count} seeds at once failed: {e.Message.Split('\n')[0].Trim()}"), e);
        }
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
