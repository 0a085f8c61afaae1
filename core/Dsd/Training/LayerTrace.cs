using System.Globalization;
using Dsd.Execution;
using Dsd.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Watches a forward pass that is repeated after it went wrong: where it stops, and where values cease to be finite.</summary>
/// <remarks>Layers that are called by another way than <c>call</c>, or take more than two tensors, are not seen.</remarks>
internal sealed class LayerTrace : IDisposable
{
    private readonly List<Action> _removers = [];
    private readonly Stack<(string Name, nn.Module Layer, string Shapes, bool TookInfinity)> _open = new();
    private readonly nn.Module _model;
    private nn.Module? _first;
    private string? _left;

    /// <summary>Puts hooks on a model and all modules within; <see cref="Dispose"/> takes them off.</summary>
    public LayerTrace(nn.Module model)
    {
        _model = model;
        Watch("", model);
        foreach (var (name, module) in model.named_modules())
        {
            Watch(name, module);
        }
    }

    /// <summary>The first value of the data that is not finite, before any that the model made; null where there is none.</summary>
    /// <remarks>
    /// Data are what the outermost call is given; of a model that cannot be watched itself, what its first layer is given. −∞ is how attention
    /// is masked: in a later input it is no fault, nor where the layer that took it gave finite values.
    /// </remarks>
    public (NonFinite Value, string Shape, int Call)? BadInput { get; private set; }

    /// <summary>The first layer that made a value that is not finite of finite ones; null where there is none.</summary>
    public (string Layer, NonFinite Value)? BadOutput { get; private set; }

    /// <summary>The first value that came into an inner layer not finite though no layer gave it, and between which layers; null where there is none.</summary>
    public (string Place, NonFinite Value)? BadBetween { get; private set; }

    /// <summary>Whether the model itself was called and could be watched, so that all of its inputs were seen.</summary>
    public bool SeesAllInputs => _first == _model;

    /// <summary>The largest magnitude that any layer gave.</summary>
    public double Largest { get; private set; }

    /// <summary>How often the model was called, or where it cannot be watched itself, the layer that it calls first.</summary>
    public int Calls { get; private set; }

    /// <summary>Where the pass stopped, e.g. <c>"in layer fc1 (Linear), weight (4, 3), for an input of shape (8, 2)"</c>; null where no layer was entered.</summary>
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

    /// <summary>A tensor's shape for a message, e.g. <c>"(8, 2)"</c>.</summary>
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
        var bad = given.Select((input, i) => (Value: i == 0 ? NonFinite.In(input) : NonFinite.Beside(input, double.NegativeInfinity), Shape: Shape(input))).FirstOrDefault(b => b.Value is not null);
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

    /// <summary>Takes back −∞ of which finite values were made since, as softmax does of masked scores.</summary>
    private void ForgetMasks()
    {
        BadInput = _open.Count == 0 && BadInput is { Value.Value: double.NegativeInfinity } ? null : BadInput;
        BadOutput = BadOutput is { Value.Value: double.NegativeInfinity } ? null : BadOutput;
        BadBetween = BadBetween is { Value.Value: double.NegativeInfinity } ? null : BadBetween;
    }
}
