using System.Runtime.InteropServices;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>Computes a network with chosen kernels, memory layout and precision. Its weights, names, shapes and masks stay as they are.</summary>
/// <remarks>
/// <para>Convolutions get their input in the faster layout, and every layer the fastest kernels that are correct on this
/// processor: each is checked once (see <see cref="Notes"/>). A trainer does this by itself; a custom loop
/// wraps its two calls:</para>
/// <code>
/// using var computation = new Computation(model, Precision.Bf16);
/// …
/// using var loss = computation.Backward(() => loss(model, session.Step));   // forward and backward
/// var scores = computation.Forward(() => model.call(images));               // forward alone
/// </code>
/// <para>Hooks on the model's layers do the work; they do nothing outside these calls and are gone after <see cref="Dispose"/>.
/// The choice of kernels applies to the process, so steps of several networks take turns.</para>
/// </remarks>
public sealed class Computation : IDisposable
{
    private static readonly Lock s_turn = new();
    private readonly nn.Module _model;
    private readonly DeviceType _device;
    private readonly List<ComputedLayer> _layers = [];
    private readonly SortedSet<string> _notes = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _newNotes = new(StringComparer.Ordinal);
    private bool _usesOneDnn;
    private bool _usesBf16;

    /// <summary>Sets up the computation of a model.</summary>
    /// <param name="model">The model, already on its device.</param>
    /// <param name="precision">The precision. Default 32-bit floats.</param>
    /// <param name="layout">The memory layout of activations. Default: the faster one.</param>
    /// <exception cref="DsdException">The precision is not supported on the model's device or system, or <see cref="TorchRuntime.Configure"/> was not called.</exception>
    public Computation(nn.Module model, Precision precision = Precision.Fp32, MemoryLayout layout = MemoryLayout.Automatic)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("A computation");
        _model = model;
        _device = model.parameters().FirstOrDefault()?.device_type ?? DeviceType.CPU;
        _usesBf16 = precision == Precision.Bf16;
        CheckPrecision();
        var (shape, layers) = (ModelInspection.ShapeOf(model), ModelInspection.Layers(model).ToList());
        var pays = _device is DeviceType.CPU or DeviceType.CUDA;
        var wantsLast = layout == MemoryLayout.ChannelsLast || (layout == MemoryLayout.Automatic && pays);
        IsChannelsLast = wantsLast && layers.Any(l => l.Layer is Conv2d);
        ChecksKernels = OneDnn.IsSwitched && _device == DeviceType.CPU;
        _usesOneDnn = ChecksKernels && (_usesBf16 || layers.Any(l => l.Kind is LayerKind.Convolution or LayerKind.Recurrent));
        if (_usesOneDnn && shape.Parameters.FirstOrDefault(p => p.Kind is LayerKind.Other or LayerKind.Linear && p.Dims.Count > 2) is { } unknown)
        {
            UseOwnKernels($"{unknown.Name} belongs to no layer that could be checked");
        }

        lock (s_turn)
        {
            _layers.AddRange(layers.Select(l => ComputedLayer.TryCreate(this, l.Name, l.Kind, l.Layer)).OfType<ComputedLayer>());
        }

        // The description already includes what is known by now.
        _newNotes.Clear();
    }

    /// <summary>The precision in which the network is computed, apart from the exceptions in <see cref="Notes"/>.</summary>
    public Precision Precision => _usesBf16 ? Precision.Bf16 : Precision.Fp32;

    /// <summary>True if two-dimensional convolutions get their input with channels last.</summary>
    public bool IsChannelsLast { get; }

    /// <summary>The layers that are computed otherwise than requested, with reasons; complete once the network has been computed.</summary>
    public IReadOnlyCollection<string> Notes => _notes;

    /// <summary>A one-line description of how the network is computed, e.g. <c>"bf16, channels last; conv1 in fp32: …"</c>.</summary>
    public string Description => string.Join("; ", new[] { (_usesBf16 ? "bf16" : "fp32") + (IsChannelsLast ? ", channels last" : "") }.Concat(_notes));

    /// <summary>True if kernels must be checked before they are used.</summary>
    internal bool ChecksKernels { get; }

    /// <summary>True while a forward pass of this computation is running.</summary>
    internal bool IsComputing { get; private set; }

    /// <summary>True if the network as a whole may still use oneDNN.</summary>
    internal bool UsesOneDnn => _usesOneDnn;

    /// <summary>Computes a loss and its gradients.</summary>
    /// <param name="loss">Returns the loss, a scalar; everything in it may be computed in the chosen precision.</param>
    /// <returns>The loss; the caller owns it.</returns>
    /// <exception cref="DsdException">The loss is not a scalar, not a floating-point number, or has no gradient, or libtorch fails to compute it.</exception>
    public Tensor Backward(Func<Tensor> loss)
    {
        try
        {
            return Backward(loss, static value => LossCheck.Check(value, "The function", ""));
        }
        catch (ExternalException e)
        {
            throw new DsdException($"{_model.GetName()}: the loss or its gradients cannot be computed: {e.Message.Split('\n')[0].Trim()}", e);
        }
    }

    /// <summary>Computes a loss and, after it has been inspected, its gradients.</summary>
    internal Tensor Backward(Func<Tensor> loss, Action<Tensor> look)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return InTurn(() =>
        {
            var value = Forwards(loss);
            look(value);
            value.backward();
            return value;
        });
    }

    /// <summary>Runs a forward computation without a backward pass: evaluation, prediction.</summary>
    /// <param name="compute">The computation.</param>
    public T Forward<T>(Func<T> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return InTurn(() => Forwards(compute));
    }

    /// <summary>Removes the hooks from the model.</summary>
    public void Dispose() => _layers.ForEach(l => l.Dispose());

    /// <summary>Describes how a model will be computed, without a forward pass; facts that depend on an input are added as notes when it is computed.</summary>
    /// <exception cref="DsdException">The precision is not supported on the model's device or system.</exception>
    public static string Describe(nn.Module model, Precision precision, MemoryLayout layout)
    {
        using var computation = new Computation(model, precision, layout);
        return computation.Description;
    }

    /// <summary>Describes how a model is computed, from a forward pass on the caller's input; the pass has no side effects.</summary>
    /// <exception cref="DsdException">The precision is not supported on the model's device or system.</exception>
    public static string Describe(nn.Module model, Precision precision, MemoryLayout layout, Func<Tensor> forward)
    {
        using var computation = new Computation(model, precision, layout);
        if (computation.ChecksKernels && computation._layers.Count > 0)
        {
            computation.Prepare(forward);
        }

        return computation.Description;
    }

    /// <summary>Runs code by libtorch's own kernels, which need no check, while no other network is computed.</summary>
    internal static T WithOwnKernels<T>(Func<T> compute)
    {
        lock (s_turn)
        {
            OneDnn.Use(false);
            return compute();
        }
    }

    /// <summary>Takes over the notes of a run that this one resumes; they are not reported as new again.</summary>
    internal void Remember(IEnumerable<string> notes, bool usesOneDnn)
    {
        _notes.UnionWith(notes);
        _usesOneDnn &= usesOneDnn;
    }

    /// <summary>The notes without those that are new since the last event.</summary>
    internal IEnumerable<string> ReportedNotes => _notes.Except(_newNotes);

    /// <summary>Returns the notes added since the last call, sorted by text; null if there are none.</summary>
    internal ValueList<string>? TakeNewNotes()
    {
        if (_newNotes.Count == 0)
        {
            return null;
        }

        ValueList<string> taken = [.. _newNotes];
        _newNotes.Clear();
        return taken;
    }

    /// <summary>Computes the network once without side effects, so that all layers are checked.</summary>
    internal void Prepare(Func<Tensor> forward)
    {
        using var scope = NewDisposeScope();
        var random = get_rng_state();
        var training = _model.training;
        _model.eval();
        try
        {
            Forward(forward);
        }
        finally
        {
            _model.train(training);
            set_rng_state(random);
        }
    }

    /// <summary>Stops using oneDNN for the whole network; results up to here were correct.</summary>
    internal void UseOwnKernels(string reason)
    {
        _usesOneDnn = false;
        OneDnn.Use(false);
        if (_usesBf16)
        {
            // Without oneDNN, products in bf16 take ten times as long as in fp32.
            SetAutocast(false);
            _usesBf16 = false;
            Note($"all layers in fp32 by libtorch's own kernels: {reason}");
        }
        else
        {
            Note($"all layers by libtorch's own kernels: {reason}");
        }
    }

    /// <summary>Notes that something is computed otherwise than requested.</summary>
    internal void Note(string note)
    {
        if (_notes.Add(note))
        {
            _newNotes.Add(note);
        }
    }

    /// <summary>Disables bf16 for one layer, or enables it again.</summary>
    internal void SetAutocast(bool on)
    {
        if (_usesBf16 && IsComputing)
        {
            Autocast.Set(_device, on);
        }
    }

    /// <summary>Runs code that may use oneDNN, under mutual exclusion.</summary>
    private T InTurn<T>(Func<T> compute)
    {
        lock (s_turn)
        {
            OneDnn.Use(_usesOneDnn);
            try
            {
                return compute();
            }
            finally
            {
                OneDnn.Use(false);
            }
        }
    }

    /// <summary>Runs a forward computation in the chosen precision.</summary>
    private T Forwards<T>(Func<T> compute)
    {
        IsComputing = true;
        var autocast = _usesBf16;
        if (autocast)
        {
            Autocast.Begin(_device);
        }

        try
        {
            return compute();
        }
        finally
        {
            if (autocast)
            {
                Autocast.End(_device);
            }

            IsComputing = false;
        }
    }

    private void CheckPrecision()
    {
        if (!_usesBf16)
        {
            return;
        }

        if (_device is not (DeviceType.CPU or DeviceType.CUDA))
        {
            throw new DsdException($"The precision bf16 is offered on the CPU and on CUDA, but the model is on {_device.ToString().ToLowerInvariant()}. Use fp32, or move the model.");
        }

        if (!Autocast.IsAvailable)
        {
            throw new DsdException("The precision bf16 needs a function of libtorch that is reached on Linux and macOS only. Use fp32.");
        }

        if (_device == DeviceType.CPU && Autocast.ProcessorHasBf16 != true)
        {
            var knowledge = Autocast.ProcessorHasBf16 is null ? "may have no" : "has no";
            Note($"bf16 does not pay here: this processor {knowledge} instructions for it, and without them it is slower than fp32");
        }
    }
}
