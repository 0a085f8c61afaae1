using Dsd.Masks;
using Dsd.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Weights, gradients of some steps and masks, of which every optimiser makes its own weights.</summary>
/// <param name="steps">The number of steps.</param>
internal sealed class OptimizerProblem(int steps)
{
    private const double Rate = 0.01;

    /// <summary>The rules of the optimisers, with options that move weights without a gradient; optimizers.py has the same.</summary>
    public static IReadOnlyList<string> Rules { get; } = ["sgd", "nesterov", "adam", "adamw"];

    /// <summary>The shapes of the parameters.</summary>
    public static IReadOnlyList<long[]> Shapes { get; } = [[64, 50], [64], [8, 3, 5, 5], [777]];

    /// <summary>The number of steps.</summary>
    public int Steps => steps;

    /// <summary>The first weights, of all parameters in a row; pruned ones are 0.</summary>
    public float[] First { get; } = [.. Values(-1).Zip(Drawn()).Select(p => p.Second ? p.First : 0)];

    /// <summary>True for each weight that the masks keep.</summary>
    public bool[] Kept { get; } = Drawn();

    /// <summary>The gradients of a step, of all parameters in a row; those of pruned weights are not 0.</summary>
    public static float[] Gradients(int step) => Values(step);

    /// <summary>Does the steps and returns the weights, of all parameters in a row.</summary>
    public float[] Train(string rule, Device device, OptimizerPath path)
    {
        using var all = NewDisposeScope();
        var parameters = Tensors(First, device).Select(t => new Parameter(t)).ToArray();
        using var optimizer = Create(rule, parameters, isPlain: path == OptimizerPath.TorchSharp);
        using var masks = path == OptimizerPath.TorchSharp ? null : Masks(parameters, optimizer);
        if (masks is not null)
        {
            ((IMaskedOptimizer)optimizer).Follow(masks);
            ByOperators(optimizer, path == OptimizerPath.ForEach);
        }

        var places = Split(tensor([.. Kept.Select(k => !k)]).to(device));
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var gradients = Tensors(Gradients(step), device);
            for (var i = 0; i < parameters.Length; i++)
            {
                parameters[i].grad = masks is null ? gradients[i].masked_fill(places[i], 0f) : gradients[i];
            }

            _ = optimizer.step();
            if (masks is null)
            {
                for (var i = 0; i < parameters.Length; i++)
                {
                    parameters[i].masked_fill_(places[i], 0f);
                }
            }
        }

        return [.. parameters.SelectMany(p => Bits.Of(p))];
    }

    private static OptimizerHelper Create(string rule, Parameter[] parameters, bool isPlain) => (rule, isPlain) switch
    {
        ("sgd", true) => optim.SGD(parameters, Rate, 0.9, 0.1, 0.0005),
        ("sgd", _) => new MaskedSgd(parameters, Rate, 0.9, 0.1, 0.0005),
        ("nesterov", true) => optim.SGD(parameters, Rate, 0.9, 0, 0.01, true),
        ("nesterov", _) => new MaskedSgd(parameters, Rate, 0.9, 0, 0.01, true),
        ("adam", true) => optim.Adam(parameters, Rate, weight_decay: 0.01),
        ("adam", _) => new MaskedAdam(parameters, Rate, weightDecay: 0.01),
        (_, true) => optim.AdamW(parameters, Rate, weight_decay: 0.1),
        _ => new MaskedAdamW(parameters, Rate, weightDecay: 0.1),
    };

    private static void ByOperators(OptimizerHelper optimizer, bool on)
    {
        switch (optimizer)
        {
            case MaskedSgd sgd:
                sgd.Pass.ByOperators = on;
                break;
            case MaskedAdam adam:
                adam.Pass.ByOperators = on;
                break;
            case MaskedAdamW adamW:
                adamW.Pass.ByOperators = on;
                break;
        }
    }

    private MaskSet Masks(Parameter[] parameters, OptimizerHelper optimizer)
    {
        var set = new MaskSet(parameters.Select((p, i) => (p, i)).ToDictionary(x => $"p{x.i}", x => x.p), new LiveOptimizer(optimizer), MaskMethods.None, 0);
        var at = 0;
        var masks = new Dictionary<string, BitMask>();
        foreach (var (shape, i) in Shapes.Select((s, i) => (s, i)))
        {
            var count = (int)shape.Aggregate(1L, (a, b) => a * b);
            using var kept = tensor(Kept.AsSpan(at, count).ToArray());
            masks[$"p{i}"] = BitMask.Of(kept);
            at += count;
        }

        set.Restore(new MaskSetState(masks, [], []));
        return set;
    }

    private static Tensor[] Tensors(float[] values, Device device)
    {
        return [.. Split(tensor(values).clone().to(device)).Select(t => t.clone())];
    }

    /// <summary>Views of the parameters in a tensor of all in a row.</summary>
    private static Tensor[] Split(Tensor all)
    {
        var (at, parts) = (0L, new Tensor[Shapes.Count]);
        for (var i = 0; i < parts.Length; i++)
        {
            var count = Shapes[i].Aggregate(1L, (a, b) => a * b);
            parts[i] = all.narrow(0, at, count).view(Shapes[i]);
            at += count;
        }

        return parts;
    }

    private static int Count => (int)Shapes.Sum(s => s.Aggregate(1L, (a, b) => a * b));

    private static float[] Values(int step)
    {
        var random = CounterRandom.For(step, "optimizer problem");
        return [.. Enumerable.Range(0, Count).Select(i => (float)random.Normal(i))];
    }

    private static bool[] Drawn()
    {
        var random = CounterRandom.For(0, "optimizer problem's masks");
        return [.. Enumerable.Range(0, Count).Select(i => random.Uniform(i) < 0.4)];
    }
}
