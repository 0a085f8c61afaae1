using System.Runtime.InteropServices;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>How a network is computed: with which kernels, in which memory layout and precision. Its weights, names, shapes and masks stay as they are.</summary>
/// <remarks>
/// <para>Convolutions get their input in the layout that pays, and every layer the fastest kernels that are right on this
/// processor: each is checked once (see <see cref="Notes"/>). A trainer does this by itself; a loop of one's own
/// wraps its two calls:</para>
/// <code>
/// using var computation = new Computation(model, Precision.Bf16);
/// …
/// using var loss = computation.Backward(() => loss(model, session.Step));   // forward and backward
/// var scores = computation.Forward(() => model.call(images));               // forward alone
/// </code>
/// <para>Hooks on the model's layers do the work; they do nothing outside these calls and are gone after <see cref="Dispose"/>.
/// The choice of kernels holds for the process, so steps of several networks take turns.</para>
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

    /// <summary>Decides how a model is computed.</summary>
    /// <param name="model">The model, already on its device.</param>
    /// <param name="precision">The precision. Default 32-bit floats.</param>
    /// <param name="layout">The layout of activations. Default: the one that pays.</param>
    /// <exception cref="DsdException">The precision is not offered on the model's device or system, or <see cref="TorchRuntime.Configure"/> was not called.</exception>
    public Computation(nn.Module model, Precision precision = Precision.Fp32, MemoryLayout layout = MemoryLayout.Automatic)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("A computation");
        _model = model;
        _device = model.parameters().FirstOrDefault()?.device_type ?? DeviceType.CPU;
        _usesBf16 = precision == Precision.Bf16;
        CheckPrecision();
        var (shape, layers) = (ModelInspection.ShapeOf(model), ModelInspection.Layers(model).ToList());
        var pays = _device == DeviceType.CPU || (_device == DeviceType.CUDA && _usesBf16);
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

        // What is known by now stands in the description already.
        _newNotes.Clear();
    }

    /// <summary>The precision in which the network is computed, as far as <see cref="Notes"/> makes no exception.</summary>
    public Precision Precision => _usesBf16 ? Precision.Bf16 : Precision.Fp32;

    /// <summary>Whether two-dimensional convolutions get their input channels last.</summary>
    public bool IsChannelsLast { get; }

    /// <summary>Layers that are computed otherwise than asked, and why; complete once the network has been computed.</summary>
    public IReadOnlyCollection<string> Notes => _notes;

    /// <summary>How the network is computed, in one line, e.g. <c>"bf16, channels last; conv1 in fp32: …"</c>.</summary>
    public string Description => string.Join("; ", new[] { (_usesBf16 ? "bf16" : "fp32") + (IsChannelsLast ? ", channels last" : "") }.Concat(_notes));

    /// <summary>Whether kernels must be checked before they are used.</summary>
    internal bool ChecksKernels { get; }

    /// <summary>Whether a forward pass of this computation is under way.</summary>
    internal bool IsComputing { get; private set; }

    /// <summary>Whether the network as a whole may still use oneDNN.</summary>
    internal bool UsesOneDnn => _usesOneDnn;

    /// <summary>Computes a loss and its gradients.</summary>
    /// <param name="loss">Gives the loss, a scalar; everything in it may be computed in the precision chosen.</param>
    /// <returns>The loss; the caller owns it.</returns>
    /// <exception cref="DsdException">The loss is no scalar, no floating-point number, or has no gradient, or libtorch refuses to compute it.</exception>
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

    /// <summary>Computes a loss and, once it was looked at, its gradients.</summary>
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

    /// <summary>Computes without gradients of its own: evaluation, prediction.</summary>
    /// <param name="compute">What to compute.</param>
    public T Forward<T>(Func<T> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return InTurn(() => Forwards(compute));
    }

    /// <summary>Takes the hooks off the model.</summary>
    public void Dispose() => _layers.ForEach(l => l.Dispose());

    /// <summary>How a model will be computed, without a forward pass of it: what only an input can show comes as notes when it is computed.</summary>
    /// <exception cref="DsdException">The precision is not offered on the model's device or system.</exception>
    public static string Describe(nn.Module model, Precision precision, MemoryLayout layout)
    {
        using var computation = new Computation(model, precision, layout);
        return computation.Description;
    }

    /// <summary>How a model is computed, as a forward pass on an input of the caller's shows; the pass has no consequences.</summary>
    /// <exception cref="DsdException">The precision is not offered on the model's device or system.</exception>
    public static string Describe(nn.Module model, Precision precision, MemoryLayout layout, Func<Tensor> forward)
    {
        using var computation = new Computation(model, precision, layout);
        if (computation.ChecksKernels && computation._layers.Count > 0)
        {
            computation.Prepare(forward);
        }

        return computation.Description;
    }

    /// <summary>Takes notes over from a run that this one goes on from; they are not new when they are found again.</summary>
    internal void Remember(IEnumerable<string> notes) => _notes.UnionWith(notes);

    /// <summary>Notes that were added since the last call, in order of their text; null where there are none.</summary>
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

    /// <summary>Computes the network once without consequences, so that all layers are checked.</summary>
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

    /// <summary>Gives up on oneDNN for the whole network; what was computed up to here was right.</summary>
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

    /// <summary>Takes down that something is computed otherwise than asked.</summary>
    internal void Note(string note)
    {
        if (_notes.Add(note))
        {
            _newNotes.Add(note);
        }
    }

    /// <summary>Leaves bf16 out for one layer, or takes it up again.</summary>
    internal void SetAutocast(bool on)
    {
        if (_usesBf16 && IsComputing)
        {
            Autocast.Set(_device, on);
        }
    }

    /// <summary>Does what may use oneDNN, and nobody else meanwhile.</summary>
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

    /// <summary>Goes forward, in the precision chosen.</summary>
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
