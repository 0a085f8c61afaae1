using System.Runtime.InteropServices;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Training steps that repeat a recorded one: forward pass, backward pass and the optimiser's update, on a batch and with constants that are put in their places before.</summary>
/// <remarks>
/// The recording is made anew where masks, the optimiser's state or the shape of batches change. Steps whose loss or gradients anybody reads are not made here.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="task">The task.</param>
/// <param name="computation">How the model is computed.</param>
/// <param name="optimizer">The optimiser.</param>
/// <param name="masks">The masks of the session.</param>
/// <param name="clip">The largest norm of the gradient, or null.</param>
/// <param name="graphs">Creates empty recordings.</param>
internal sealed class RecordedStep(nn.Module model, IBatchTask task, Computation computation, optim.Optimizer optimizer, MaskSet masks, double? clip, Func<IStepGraph> graphs) : IDisposable
{
    private IStepGraph? _graph;
    private Tensor? _inputs;
    private Tensor? _targets;

    /// <summary>The reason why steps cannot be recorded, found at the first attempt; null if they can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>The number of recordings so far.</summary>
    public int Recordings { get; private set; }

    /// <summary>Returns the reason why no step of a run can be recorded; null if some may be.</summary>
    /// <param name="task">The task.</param>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="device">The device of the model.</param>
    public static string? ObstacleOf(ITrainingTask task, optim.Optimizer optimizer, TrainerSettings settings, Device device) => Math.Max(0, device.index) is var gpu && settings.Graphs is null && device.type != TorchSharp.DeviceType.CUDA ? "the network is not on a GPU"
        : settings.Graphs is null && CudaGraph.Obstacle(gpu) is { } obstacle ? obstacle
        : settings.StepHook is { } hook ? $"the step hook {hook.GetType().Name} runs code of its own in each step"
        : task is not IBatchTask ? $"the task {task.Name} does not make its batches apart from its loss, as an {nameof(IBatchTask)} does"
        : optimizer is not IRecordableOptimizer ? $"{optimizer.GetType().Name} reads its constants on the host; SGD, Adam and AdamW do not"
        : null;

    /// <summary>Trains one step: one that was recorded, or, the first time, one that is recorded now.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="device">The device of the model.</param>
    /// <returns>False if nothing was done, since the optimiser's step cannot be recorded.</returns>
    /// <exception cref="DsdException">A recording broke off in a way that libtorch does not recover from.</exception>
    /// <exception cref="ExternalException">The step fails where it is computed operation by operation.</exception>
    public bool TryTrain(long step, Device device)
    {
        if (_graph is null && ((IRecordableOptimizer)optimizer).Obstacle is { } obstacle)
        {
            Obstacle = obstacle;
            return false;
        }

        using var scope = NewDisposeScope();
        var (inputs, targets) = task.Batch(step, device);
        using (no_grad())
        {
            Place(ref _inputs, inputs);
            Place(ref _targets, targets);
        }

        if (!((IRecordableOptimizer)optimizer).Renew())
        {
            Forget();
        }

        if (_graph is null && Obstacle is null)
        {
            Record();
        }

        if (_graph is not null)
        {
            _graph.Replay();
        }
        else
        {
            Work();
        }

        return true;
    }

    /// <summary>Discards the recording, as what it reads and writes may lie elsewhere now.</summary>
    public void Forget()
    {
        _graph?.Dispose();
        _graph = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _inputs?.Dispose();
        _targets?.Dispose();
    }

    private void Record()
    {
        using var trace = new LayerTrace(model, readsValues: false);
        var graph = graphs();
        try
        {
            graph.Record(Work);
            _graph = graph;
            Recordings++;
        }
        catch (DsdException e)
        {
            graph.Dispose();
            Obstacle = trace.Place is { } place ? $"{e.Message.TrimEnd('.')}, {place}" : e.Message.TrimEnd('.');
            if (graph.IsBroken)
            {
                throw new DsdException($"{task.Name}: {Obstacle}. libtorch cannot go on in this process after that; train with --capture off (StepCapture.Off).", e);
            }
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    private void Work()
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        computation.Backward(() => task.Loss(model, _inputs!, _targets!), static _ => { });
        if (clip is { } most)
        {
            masks.ApplyToGradients();
            GradientClip.Apply(model.parameters(), most);
        }

        ((IRecordableOptimizer)optimizer).LaunchRenewed();
    }

    /// <summary>Copies a tensor of the batch to where the recording reads it.</summary>
    private void Place(ref Tensor? there, Tensor value)
    {
        if (there is null || there.dtype != value.dtype || !there.shape.SequenceEqual(value.shape))
        {
            Forget();
            there?.Dispose();
            there = value.clone().DetachFromDisposeScope();
            return;
        }

        there.copy_(value);
    }
}
