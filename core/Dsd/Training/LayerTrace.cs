using System.Globalization;
using Dsd.Execution;
using Dsd.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Traces a repeated forward pass to find where it fails and where values cease to be finite.</summary>
/// <remarks>Layers that are called other than through <c>call</c>, or that take more than two tensors, are not seen.</remarks>
internal sealed class LayerTrace : IDisposable
{
    private readonly List<Action> _removers = [];
    private readonly Stack<(string Name, nn.Module Layer, string Shapes, bool TookInfinity)> _open = new();
    private readonly nn.Module _model;
    private readonly bool _readsValues;
    private nn.Module? _first;
    private string? _left;

    /// <summary>Puts hooks on a model and all its modules; <see cref="Dispose"/> removes them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="readsValues">False to follow the layers alone, where reading values would wait for a device. Default true.</param>
    public LayerTrace(nn.Module model, bool readsValues = true)
    {
        (_model, _readsValues) = (model, readsValues);
        Watch("", model);
        foreach (var (name, module) in model.named_modules())
        {
            Watch(name, module);
        }
    }

    /// <summary>The first non-finite value of the data, before any that the model made; null if there is none.</summary>
    /// <remarks>
    /// The data are the inputs of the outermost call or, if the model itself cannot be watched, those of its first layer. −∞ is how attention
    /// is masked: in a later input it is no fault, nor if the layer that received it returned finite values.
    /// </remarks>
    public (NonFinite Value, string Shape, int Call)? BadInput { get; private set; }

    /// <summary>The first layer that returned a non-finite value for finite inputs; null if there is none.</summary>
    public (string Layer, NonFinite Value)? BadOutput { get; private set; }

    /// <summary>The first non-finite input of an inner layer that no layer returned, and the layers around it; null if there is none.</summary>
    public (string Place, NonFinite Value)? BadBetween { get; private set; }

    /// <summary>True if the model itself was called and could be watched, so that all of its inputs were seen.</summary>
    public bool SeesAllInputs => _first == _model;

    /// <summary>The largest magnitude that any layer returned.</summary>
    public double Largest { get; private set; }

    /// <summary>The number of calls of the model or, if it cannot be watched itself, of the first layer it calls.</summary>
    public int Calls { get; private set; }

    /// <summary>The place where the pass failed, e.g. <c>"in layer fc1 (Linear), weight (4, 3), for an input of shape (8, 2)"</c>; null if no layer was entered.</summary>
    public string? Place
    {
        get
        {
            if (!_open.TryPeek(out var at))
            {
                return _left is null ? null : $"after layer {_left}";
            }

            var weight = at.Layer.named_parameters(recurse: false).Where(p => p.parameter.dim() > 1).Select(p => $", {p.name} {Shape(p.parameter)}").FirstOrDefault();
            return $"{(at.Name.Length == 0 ? "in" : $"in layer {at.Name}")} ({at.Layer.GetType().Name}){weight}, for an input of shape {at.Shapes}{(at.Name.Length == 0 && _left is not null ? $", after layer {_left}" : "")}";
        }
    }

    /// <summary>Formats a tensor's shape for a message, e.g. <c>"(8, 2)"</c>.</summary>
    public static string Shape(Tensor tensor) => $"({string.Join(", ", tensor.shape.Select(d => d.ToString(CultureInfo.InvariantCulture)))})";

    /// <inheritdoc/>
    public void Dispose() => _removers.ForEach(remove => remove());

    private void Watch(string name, nn.Module module)
    {
        switch (module)
        {
            case nn.Module<Tensor, Tensor> one:
                _removers.Add(one.register_forward_pre_hook((_, input) => Enter(name, one, input).Input).remove);
                _removers.Add(one.register_forward_hook((_, _, output) => Leave(output, output)).remove);
                break;
            case nn.Module<Tensor, Tensor, Tensor> two:
                _removers.Add(two.register_forward_pre_hook((_, first, second) => (Enter(name, two, first, second).Input, second)).remove);
                _removers.Add(two.register_forward_hook((_, _, _, output) => Leave(output, output)).remove);
                break;
            case LSTM lstm:
                _removers.Add(lstm.register_forward_pre_hook((_, input, state) => (Enter(name, lstm, input).Input, state)).remove);
                _removers.Add(lstm.register_forward_hook((_, _, _, output) => Leave(output, output.Item1)).remove);
                break;
            case GRU gru:
                _removers.Add(gru.register_forward_pre_hook((_, input, state) => (Enter(name, gru, input).Input, state)).remove);
                _removers.Add(gru.register_forward_hook((_, _, _, output) => Leave(output, output.Item1)).remove);
                break;
            case RNN rnn:
                _removers.Add(rnn.register_forward_pre_hook((_, input, state) => (Enter(name, rnn, input).Input, state)).remove);
                _removers.Add(rnn.register_forward_hook((_, _, _, output) => Leave(output, output.Item1)).remove);
                break;
        }
    }

    private (Tensor Input, int Open) Enter(string name, nn.Module layer, params Tensor[] inputs)
    {
        _first ??= layer;
        var isData = _open.Count == 0 && layer == _first;
        if (isData)
        {
            Calls++;
            _left = null;
        }

        var given = inputs.Where(i => i is not null).ToList();
        var bad = !_readsValues ? default : given.Select((input, i) => (Value: i == 0 ? NonFinite.In(input) : NonFinite.Beside(input, double.NegativeInfinity), Shape: Shape(input))).FirstOrDefault(b => b.Value is not null);
        if (bad.Value is { } value && BadInput is null && BadOutput is null && BadBetween is null)
        {
            if (isData)
            {
                BadInput = (value, bad.Shape, Calls);
            }
            else
            {
                BadBetween = ($"{(_left is null ? "before" : $"between layer {_left}, and")} layer {name} ({layer.GetType().Name})", value);
            }
        }

        _open.Push((name, layer, string.Join(" and ", given.Select(Shape)), bad.Value is { Value: double.NegativeInfinity }));
        return (inputs[0], _open.Count);
    }

    private T Leave<T>(T result, Tensor output)
    {
        var (name, layer, _, tookInfinity) = _open.Pop();
        if (name.Length > 0)
        {
            _left = $"{name} ({layer.GetType().Name}), which gave {Shape(output)}";
        }

        if (!_readsValues)
        {
            return result;
        }

        if (NonFinite.In(output) is { } bad)
        {
            BadOutput ??= BadInput is null && BadBetween is null ? (name.Length == 0 ? layer.GetName() : name, bad) : null;
            return result;
        }

        if (tookInfinity || layer == _model)
        {
            ForgetMasks();
        }

        if (output.is_floating_point() && output.numel() > 0)
        {
            using var largest = output.detach().abs().max();
            Largest = Math.Max(Largest, largest.to(ScalarType.Float64).item<double>());
        }

        return result;
    }

    /// <summary>Discards recorded −∞ values that have since become finite, as softmax makes of masked scores.</summary>
    private void ForgetMasks()
    {
        BadInput = _open.Count == 0 && BadInput is { Value.Value: double.NegativeInfinity } ? null : BadInput;
        BadOutput = BadOutput is { Value.Value: double.NegativeInfinity } ? null : BadOutput;
        BadBetween = BadBetween is { Value.Value: double.NegativeInfinity } ? null : BadBetween;
    }
}
