using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A bidirectional recurrent layer with clipped ReLU, whose directions share one input matrix and are summed.</summary>
/// <remarks>
/// Parameters, in order: <c>weight_ih</c> (units × inputs), <c>weight_hh</c> and <c>weight_hh_reverse</c> (units × units each), and
/// <c>bias</c> (units) if there is one. All start uniform in ±1/√units, PyTorch's default for a recurrent layer.
/// </remarks>
internal sealed class BidirectionalRecurrent : nn.Module, ILayer
{
    // By these names a move to another device or type finds the fields and replaces what they hold.
    [ComponentName(Name = "weight_ih")]
    private readonly Parameter _inputs;

    [ComponentName(Name = "weight_hh")]
    private readonly Parameter _forwards;

    [ComponentName(Name = "weight_hh_reverse")]
    private readonly Parameter _backwards;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    public BidirectionalRecurrent(int inputs, int units, bool bias)
        : base("bidirectional")
    {
        _inputs = Add("weight_ih", units, inputs);
        _forwards = Add("weight_hh", units, units);
        _backwards = Add("weight_hh_reverse", units, units);
        _bias = bias ? Add("bias", units) : null;

        Parameter Add(string name, params long[] shape)
        {
            var bound = 1 / Math.Sqrt(units);
            var parameter = nn.Parameter(empty(shape).uniform_(-bound, bound));
            register_parameter(name, parameter);
            return parameter;
        }
    }

    /// <inheritdoc/>
    public LayerKind Kind => LayerKind.Recurrent;

    /// <summary>Appends such a layer to a shape.</summary>
    public static ModelShape Append(ModelShape shape, string name, int inputs, int units, bool bias)
    {
        shape = shape.With(
            new ParameterShape($"{name}.weight_ih", LayerKind.Recurrent, isBias: false, [units, inputs]),
            new ParameterShape($"{name}.weight_hh", LayerKind.Recurrent, isBias: false, [units, units]),
            new ParameterShape($"{name}.weight_hh_reverse", LayerKind.Recurrent, isBias: false, [units, units]));
        return bias ? shape.With(new ParameterShape($"{name}.bias", LayerKind.Recurrent, isBias: true, [units])) : shape;
    }

    /// <summary>Computes the states of a batch.</summary>
    /// <param name="rows">The input, packed, shape (rows, inputs).</param>
    /// <param name="layout">The layout of the batch.</param>
    /// <param name="norm">The norm of the input term, applied before the recurrence; null for none.</param>
    /// <returns>The summed states of both directions, packed, shape (rows, units).</returns>
    public Tensor Run(Tensor rows, UtteranceLayout layout, BatchNorm1d? norm = null)
    {
        var part = nn.functional.linear(rows, _inputs, _bias);
        return RecurrentWalk.Run(norm is null ? part : norm.call(part), stack([_forwards, _backwards]), layout);
    }
}
