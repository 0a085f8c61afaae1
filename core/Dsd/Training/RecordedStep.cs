using System.Runtime.InteropServices;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Training steps that repeat a recorded one: forward and backward pass in one graph, clipping and the optimiser's update in another, on a batch and with constants that are put in their places before.</summary>
/// <remarks>
/// The recording is made anew where masks, the optimiser's state or the shape of batches change. Between the two graphs the loss may be read, so that a fault is found before the update.
/// Steps whose gradients anybody reads are not made here.
/// </remarks>
/// <param name="work">What a step does.</param>
/// <param name="settings">The settings of the run.</param>
/// <param name="device">The device of the model.</param>
internal sealed class RecordedStep(RecordableWork work, TrainerSettings settings, Device device) : IDisposable
{
    /// <summary>The environment variable that turns recording off where it is automatic: 0, off or false.</summary>
    public const string Variable = "DSD_CAPTURE";

    // A recording takes as long as some steps.
    public const int FewestReplays = 5;

    private const int MostShapes = 4;
    private readonly Func<IStepGraph> _newGraph = settings.Graphs ?? (() => CudaGraph.On(Math.Max(0, device.index)));
    private (IStepGraph Gradients, IStepGraph Update)? _graphs;
    private Tensor? _inputs;
    private Tensor? _targets;
    private Tensor? _loss;
    private bool _isTried;
    private int _shapes;

    /// <summary>The reason why steps cannot be recorded, found at the first attempt; null if they can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>True if a step is recorded and can be repeated.</summary>
    public bool IsReady => _graphs is not null;

    /// <summary>Returns the reason why no step of a run is recorded; null if some are, as far as can be said before.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">The task.</param>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="device">The device of the model.</param>
    public static string? ObstacleOf(nn.Module model, ITrainingTask task, optim.Optimizer optimizer, TrainerSettings settings, Device device)
    {
        var isOnCuda = device.type == TorchSharp.DeviceType.CUDA;
        if (settings.Graphs is null && !isOnCuda)
        {
            return "the network is not on a GPU";
        }

        if (settings.Graphs is null && CudaGraph.Obstacle(Math.Max(0, device.index)) is { } obstacle)
        {
            return obstacle;
        }

        if (settings.Graphs is null && settings.Capture == StepCapture.Automatic && !CudaWaits.AreFound)
        {
            return "this libtorch does not say what waits for the GPU, which would break a recording off; --capture on (StepCapture.On) records steps anyway";
        }

        if (settings.StepHook is { } hook)
        {
            return $"the step hook {hook.GetType().Name} runs code of its own in each step";
        }

        if (task is not IBatchTask batches)
        {
            return $"the task {task.Name} does not make its batches apart from its loss, as an {nameof(IBatchTask)} does";
        }

        if (optimizer is not IRecordableOptimizer)
        {
            return $"{optimizer.GetType().Name} reads its constants on the host; SGD, Adam and AdamW do not";
        }

        return settings.Capture == StepCapture.Automatic && (DoubtOf(model) ?? batches.CaptureObstacle) is { } doubt ? $"{doubt}; --capture on (StepCapture.On) records them anyway" : null;
    }

    /// <summary>True if steps of a model on a device are to be recorded, or it is to be said why they are not.</summary>
    public static bool IsWanted(TrainerSettings settings, Device device) =>
        !IsOff(settings) && (settings.Capture == StepCapture.On || device.type == TorchSharp.DeviceType.CUDA || settings.Graphs is not null);

    /// <summary>True if nothing is to be recorded, and nothing said of it: by the settings or, where they leave it open, by <see cref="Variable"/>.</summary>
    public static bool IsOff(TrainerSettings settings) => IsOff(settings.Capture, Environment.GetEnvironmentVariable(Variable));

    /// <summary>True if nothing is to be recorded, by the settings and the value of <see cref="Variable"/>.</summary>
    internal static bool IsOff(StepCapture capture, string? variable) =>
        capture == StepCapture.Off || (capture == StepCapture.Automatic && EnvironmentSwitch.Parse(variable) == false);

    /// <summary>What in a network may need the host: code of its own, unless it is a walk over layers as an <see cref="IStackable"/> is.</summary>
    private static string? DoubtOf(nn.Module model) => model is not IStackable && model.modules().Prepend(model).FirstOrDefault(m => m.GetType().Assembly != typeof(nn.Module).Assembly) is { } own
        ? $"it is not known whether the code of {own.GetType().Name} reads anything on the host"
        : null;

    /// <summary>Trains one step: one that was recorded, or, the first time, one that is recorded now.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="saw">Receives the loss, or losses, before the update; null to read nothing.</param>
    /// <returns>False if nothing was done, since the step cannot be recorded.</returns>
    /// <exception cref="DsdException">A recording broke off in a way that libtorch does not recover from.</exception>
    /// <exception cref="ExternalException">The step fails where it is computed operation by operation.</exception>
    public bool TryTrain(long step, Action<Tensor>? saw = null)
    {
        if (_graphs is null && Optimizer.Obstacle is { } obstacle)
        {
            Obstacle = obstacle;
            return false;
        }

        using var scope = NewDisposeScope();
        var (inputs, targets) = work.Batch(step);
        using (no_grad())
        {
            Place(ref _inputs, inputs);
            Place(ref _targets, targets);
        }

        if (!Optimizer.Renew())
        {
            Forget();
        }

        if (_graphs is null && Obstacle is null)
        {
            Record(step);
        }

        // What the optimiser has counted is this step in any case.
        if (_graphs is { } recorded)
        {
            recorded.Gradients.Replay();
            saw?.Invoke(_loss!);
            recorded.Update.Replay();
        }
        else
        {
            Gradients();
            saw?.Invoke(_loss!);
            Update();
        }

        return true;
    }

    /// <summary>Discards the recording, as what it reads and writes may lie elsewhere now.</summary>
    public void Forget()
    {
        _graphs?.Gradients.Dispose();
        _graphs?.Update.Dispose();
        _graphs = null;
        _loss?.Dispose();
        _loss = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _inputs?.Dispose();
        _targets?.Dispose();
    }

    private IRecordableOptimizer Optimizer => (IRecordableOptimizer)work.Optimizer;

    private void Record(long step)
    {
        using var trace = new LayerTrace(work.Model, readsValues: false);
        if (!_isTried && Waits(step) is { } waits)
        {
            Obstacle = trace.Place is { } at ? $"{waits}, {at}" : waits;
            return;
        }

        _isTried = true;

        var gradients = _newGraph();
        IStepGraph? update = null;
        try
        {
            gradients.Record(Gradients);
            update = _newGraph();
            update.Record(Update);
            _graphs = (gradients, update);
        }
        catch (DsdException e)
        {
            Discard();
            Obstacle = trace.Place is { } place && update is null ? $"{e.Message.TrimEnd('.')}, {place}" : e.Message.TrimEnd('.');
            if ((update ?? gradients).IsBroken)
            {
                // No failure of this run alone: whatever this process trained next would fail too.
                throw new CustomCodeException("the network", $"while its step was recorded on {work.Name}", new DsdException($"{Obstacle}. libtorch cannot go on in this process after that; train with --capture off (StepCapture.Off, DSD_CAPTURE=0)", e));
            }
        }
        catch
        {
            Discard();
            throw;
        }

        void Discard()
        {
            gradients.Dispose();
            update?.Dispose();
        }
    }

    /// <summary>Computes gradients once without a trace, to see whether anything waits for the GPU: that would break a recording off.</summary>
    /// <returns>The reason why the step cannot be recorded; null if nothing waits.</returns>
    private string? Waits(long step)
    {
        try
        {
            TrainingRun.WithoutEffect(work.Buffers(), () => CudaWaits.RefusedIn(Gradients));
            return null;
        }
        catch (ExternalException e)
        {
            return $"the step cannot be recorded as a graph: {e.Message.Split('\n')[0].Trim().TrimEnd('.')}";
        }
        finally
        {
            work.Seed(step);
        }
    }

    private void Gradients()
    {
        using var scope = NewDisposeScope();
        var loss = work.Backward(_inputs!, _targets!);
        _loss?.Dispose();
        _loss = loss.detach().DetachFromDisposeScope();
    }

    private void Update()
    {
        using var scope = NewDisposeScope();
        work.Clip?.Invoke();
        Optimizer.LaunchRenewed();
    }

    /// <summary>Copies a tensor of the batch to where the recording reads it.</summary>
    private void Place(ref Tensor? there, Tensor value)
    {
        if (there is null || there.dtype != value.dtype || !there.shape.SequenceEqual(value.shape))
        {
            if (there is not null && ++_shapes > MostShapes)
            {
                Obstacle = "batches differ in their shapes";
            }

            Forget();
            there?.Dispose();
            there = value.clone().DetachFromDisposeScope();
            return;
        }

        there.copy_(value);
    }
}
