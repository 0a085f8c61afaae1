using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>A layer from one tensor to one tensor, checked for each input shape: linear layers directly, convolutions by inheritance.</summary>
internal class ComputedModule : ComputedLayer
{
    private readonly nn.Module<Tensor, Tensor> _layer;
    private readonly (long[] Shape, Way Way)?[] _known = new (long[], Way)?[2];
    private readonly List<Action> _removers;
    private Way _way;

    public ComputedModule(Computation computation, string name, nn.Module<Tensor, Tensor> layer)
        : base(computation, name)
    {
        _layer = layer;
        var (before, after) = (layer.register_forward_pre_hook((_, input) => Enter(input)), layer.register_forward_hook((_, _, output) => Leave(output)));
        _removers = [before.remove, after.remove];
    }

    public override void Dispose() => _removers.ForEach(remove => remove());

    /// <summary>Returns what distinguishes the layer from others with weights of the same shapes.</summary>
    protected virtual string Settings() => "";

    /// <summary>Returns the input in the chosen memory layout.</summary>
    protected virtual Tensor InLayout(Tensor input) => input;

    /// <summary>True if the fast kernel must not even be tried.</summary>
    protected virtual bool IsUnsafe => false;

    /// <summary>Prepares the input of a layer whose fast kernel is faulty. In 32-bit floats, linear layers have no kernel other than libtorch's.</summary>
    protected virtual Tensor EnterOwnKernels(Tensor input) => Widen(input);

    /// <summary>Returns the output of such a layer.</summary>
    protected virtual Tensor LeaveOwnKernels(Tensor output)
    {
        Computation.SetAutocast(true);
        return output;
    }

    private Tensor Enter(Tensor input)
    {
        _way = Way.AsAsked;
        if (!Computation.IsComputing)
        {
            return input;
        }

        input = InLayout(input);
        _way = WayOf(input);
        return _way switch
        {
            Way.Fp32 => Widen(input),
            Way.OwnKernels => EnterOwnKernels(input),
            _ => input,
        };
    }

    private Tensor Leave(Tensor output)
    {
        switch (_way)
        {
            case Way.OwnKernels:
                return LeaveOwnKernels(output);
            case Way.Fp32:
                Computation.SetAutocast(true);
                return output;
            default:
                return output;
        }
    }

    /// <summary>Returns the way for an input; that of the last shape is cached, with and without a gradient.</summary>
    private Way WayOf(Tensor input)
    {
        var shape = input.shape;
        ref var known = ref _known[input.requires_grad ? 1 : 0];
        if (known is not { } last || last.Shape.Length != shape.Length || !last.Shape.AsSpan(1).SequenceEqual(shape.AsSpan(1)))
        {
            known = last = (shape, IsUnsafe && Computation is { ChecksKernels: true, UsesOneDnn: true } ? Way.OwnKernels : FindWay(_layer, _layer.forward, Settings(), input));
        }

        return last.Way;
    }
}
