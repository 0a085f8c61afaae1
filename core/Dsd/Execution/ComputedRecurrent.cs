using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>An LSTM, GRU or plain recurrent layer, checked when the computation is set up.</summary>
/// <remarks>Its kernels depend only on the numbers of features, so a few steps and examples are enough.</remarks>
internal sealed class ComputedRecurrent : ComputedLayer
{
    private const int Sample = 8;
    private readonly List<Action> _removers = [];
    private readonly Way _way;

    private ComputedRecurrent(Computation computation, string name, nn.Module layer, Func<Tensor, Tensor> forward)
        : base(computation, name)
    {
        using var scope = NewDisposeScope();
        var weight = layer.parameters().First();
        var input = zeros(Sample, Sample, weight.size(1), device: weight.device).requires_grad_(true);
        _way = FindWay(layer, forward, $"{Sample}", input);
        if (_way == Way.OwnKernels)
        {
            computation.Note($"{name} in fp32 by libtorch's own kernels: this processor's fast kernel failed its check");
        }
    }

    public static ComputedLayer? TryCreate(Computation computation, string name, nn.Module layer)
    {
        ComputedRecurrent computed;
        Action before, after;
        switch (layer)
        {
            case LSTM lstm:
                computed = new(computation, name, lstm, x => lstm.forward(x, null).Item1);
                before = lstm.register_forward_pre_hook((_, input, state) => (computed.Enter(input), state)).remove;
                after = lstm.register_forward_hook((_, _, _, output) => computed.Leave(output)).remove;
                break;
            case GRU gru:
                computed = new(computation, name, gru, x => gru.forward(x, null!).Item1);
                before = gru.register_forward_pre_hook((_, input, state) => (computed.Enter(input), state)).remove;
                after = gru.register_forward_hook((_, _, _, output) => computed.Leave(output)).remove;
                break;
            case RNN rnn:
                computed = new(computation, name, rnn, x => rnn.forward(x, null!).Item1);
                before = rnn.register_forward_pre_hook((_, input, state) => (computed.Enter(input), state)).remove;
                after = rnn.register_forward_hook((_, _, _, output) => computed.Leave(output)).remove;
                break;
            default:
                return null;
        }

        computed._removers.AddRange([before, after]);
        return computed;
    }

    public override void Dispose() => _removers.ForEach(remove => remove());

    private Tensor Enter(Tensor input)
    {
        if (!Computation.IsComputing || _way == Way.AsAsked)
        {
            return input;
        }

        // The kernels of the backward pass follow from those of the forward pass.
        OneDnn.Use(_way == Way.Fp32 && Computation.UsesOneDnn);
        return Widen(input);
    }

    private T Leave<T>(T output)
    {
        if (Computation.IsComputing && _way != Way.AsAsked)
        {
            OneDnn.Use(Computation.UsesOneDnn);
            Computation.SetAutocast(true);
        }

        return output;
    }
}
