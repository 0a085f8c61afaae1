using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Optimizers;

/// <summary>A random problem for an optimiser, named by one number: parameters in groups, gradients of some of them at each step, and masks.</summary>
internal sealed class StepCase
{
    private static readonly long[][] s_shapes = [[0], [], [1], [7], [3, 21], [64], [5, 13], [2, 3, 5, 4], [1000], [33, 40]];
    private readonly CounterRandom _random;

    public StepCase(int seed, bool large = false)
    {
        _random = CounterRandom.For(seed, "step case");
        Shapes = [.. Enumerable.Range(0, 1 + Below(1, 6)).Select(i => s_shapes[Below(10 + i, s_shapes.Length)])];
        Shapes = large ? [.. Shapes, [300, 251], [70_000]] : Shapes;
        Masks = [.. Shapes.Select((s, i) => Mask(i, s.Aggregate(1L, (a, b) => a * b)))];
        Kind = (OptimizerKind)Below(2, 3);
        Decay = Below(3, 2) * 0.01;
        Momentum = Below(4, 3) * 0.45;
        Nesterov = Momentum > 0 && Below(5, 2) == 0;
        Dampening = Nesterov || Below(6, 2) == 0 ? 0 : 0.3;
        Split = Below(7, Shapes.Length + 1);
    }

    public long[][] Shapes { get; }

    public BitMask[] Masks { get; }

    public OptimizerKind Kind { get; }

    private double Decay { get; }

    private double Momentum { get; }

    private bool Nesterov { get; }

    private double Dampening { get; }

    /// <summary>How many parameters are in the first group, which has the higher rate.</summary>
    private int Split { get; }

    public Parameter[] Parameters(ScalarType type = ScalarType.Float32) =>
        [.. Shapes.Select((s, i) => new Parameter(Normal(s, 100 + i).to(type)).DetachFromDisposeScope()).Cast<Parameter>()];

    /// <summary>One of ours, or TorchSharp's of the same meaning.</summary>
    public OptimizerHelper Optimizer(Parameter[] parameters, bool isPlain = false)
    {
        Parameter[] first = parameters[..Split], second = parameters[Split..];
        SGD.ParamGroup[] sgd = [new(first, 0.05, Momentum, Dampening, Decay, Nesterov), new(second, 0.01, Momentum, Dampening, Decay, Nesterov)];
        Adam.ParamGroup[] adam = [new(first, 0.05, weight_decay: Decay), new(second, 0.01, weight_decay: Decay)];
        AdamW.ParamGroup[] adamW = [new(first, 0.05, weight_decay: Decay), new(second, 0.01, weight_decay: Decay)];
        return (Kind, isPlain) switch
        {
            (OptimizerKind.Sgd, true) => optim.SGD(sgd, 0.05),
            (OptimizerKind.Sgd, _) => new MaskedSgd(sgd, 0.05),
            (OptimizerKind.Adam, true) => optim.Adam(adam),
            (OptimizerKind.Adam, _) => new MaskedAdam(adam),
            (_, true) => optim.AdamW(adamW),
            _ => new MaskedAdamW(adamW),
        };
    }

    /// <summary>Gives each parameter the gradient of a step; sometimes none.</summary>
    public void SetGradients(Parameter[] parameters, int step, bool masked = false)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            using var scope = NewDisposeScope();
            var has = Below((1000 * step) + i, 5) > 0;
            var gradient = has ? Normal(Shapes[i], (10_000 * step) + i).to(parameters[i].dtype) : null;
            if (masked && gradient is not null)
            {
                MaskedMemory.Zero(gradient, Masks[i]);
            }

            parameters[i].grad = gradient;
        }
    }

    /// <summary>Some dense steps, after which all weights have state that would move them, and then masked weights set to 0.</summary>
    public void Prune(Parameter[] parameters, OptimizerHelper optimizer)
    {
        Run(parameters, optimizer, steps: 3, from: 100);
        parameters.Zip(Masks).ToList().ForEach(p => MaskedMemory.Zero(p.First, p.Second));
    }

    /// <summary>The live set of this case's masks after such steps.</summary>
    public MaskSet Live(Parameter[] parameters, OptimizerHelper optimizer)
    {
        Prune(parameters, optimizer);
        var set = new MaskSet(parameters.Select((p, i) => (p, i)).ToDictionary(x => $"p{x.i}", x => x.p), new LiveOptimizer(optimizer), MaskMethods.None, 0);
        set.Restore(new MaskSetState(Masks.Select((m, i) => (m, i)).ToDictionary(x => $"p{x.i}", x => x.m), [], []));
        return set;
    }

    public void ZeroMasked(Parameter[] parameters) => parameters.Zip(Masks).ToList().ForEach(p => MaskedMemory.Zero(p.First, p.Second));

    /// <summary>Does some steps with gradients given.</summary>
    public void Run(Parameter[] parameters, OptimizerHelper optimizer, int steps = 8, int from = 0)
    {
        for (var step = from; step < from + steps; step++)
        {
            SetGradients(parameters, step);
            optimizer.step();
        }
    }

    /// <summary>All weights and all state in a row; scalars of the state too.</summary>
    public static double[] Everything(Parameter[] parameters, OptimizerHelper optimizer) =>
        [.. parameters.SelectMany(Values), .. new LiveOptimizer(optimizer).Capture().SelectMany(s => s.Fields.Values).SelectMany(Content)];

    public static double[] Values(Tensor tensor)
    {
        // The scope holds each tensor of the chain until the native call on it has returned; without one it may be finalised during that call.
        using var scope = NewDisposeScope();
        return [.. tensor.detach().to(float64).contiguous().flatten().data<double>()];
    }

    /// <summary>Sets how our optimiser computes.</summary>
    public static void Compute(OptimizerHelper optimizer, VectorWidth? width = null, bool operators = false)
    {
        switch (optimizer)
        {
            case MaskedSgd sgd:
                (sgd.Pass.Width, sgd.Pass.ByOperators) = (width ?? sgd.Pass.Width, operators);
                break;
            case MaskedAdam adam:
                (adam.Pass.Width, adam.Pass.ByOperators) = (width ?? adam.Pass.Width, operators);
                break;
            case MaskedAdamW adamW:
                (adamW.Pass.Width, adamW.Pass.ByOperators) = (width ?? adamW.Pass.Width, operators);
                break;
        }
    }

    private static IEnumerable<double> Content(object? value)
    {
        if (value is Tensor tensor)
        {
            var values = Values(tensor);
            tensor.Dispose();
            return values;
        }

        return [Convert.ToDouble(value ?? double.NaN, null)];
    }

    private int Below(int which, int most) => _random.Below(which, most);

    private Tensor Normal(long[] shape, int which)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(_random.Below(which, int.MaxValue), "values");
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)random.Normal(i);
        }

        return tensor(values, shape).clone().MoveToOuterDisposeScope();
    }

    private BitMask Mask(int which, long count)
    {
        var words = BitMask.NewWords(count);
        var share = Below(50 + which, 5);
        for (var i = 0; i < count; i++)
        {
            words[i >> 6] |= (share == 4 ? i % 128 < 64 : Below(100_000 + (which * 100_000) + i, 4) >= share) ? 1UL << (i & 63) : 0;
        }

        return new BitMask(words, count);
    }
}
