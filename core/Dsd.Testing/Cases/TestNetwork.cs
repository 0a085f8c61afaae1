using System.Globalization;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>A small network as plain data, which prints as code and builds a live module.</summary>
/// <remarks>It maps features to scores of three classes: after the given layers comes a linear one, <c>out</c>. Layers are named by kind and place, e.g. <c>linear1</c>.</remarks>
public sealed record TestNetwork
{
    /// <summary>The number of classes.</summary>
    public const int Classes = 3;

    /// <summary>Creates a network.</summary>
    /// <param name="inputs">The number of input features, at least 1.</param>
    /// <param name="layers">The layers before the last.</param>
    /// <exception cref="ArgumentException">A layer does not fit those before it.</exception>
    public TestNetwork(int inputs, IEnumerable<TestLayer> layers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        (Inputs, Layers) = (inputs, layers.ToValueList());
        if (Problem(Inputs, Layers) is { } problem)
        {
            throw new ArgumentException(problem, nameof(layers));
        }
    }

    /// <summary>The number of input features.</summary>
    public int Inputs { get; }

    /// <summary>The layers before the last.</summary>
    public ValueList<TestLayer> Layers { get; }

    /// <summary>Builds a live module.</summary>
    /// <param name="seed">The seed of its weights, as <c>torch.manual_seed</c> takes it.</param>
    /// <param name="device">Its device: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>; the weights are the same on each. Default <c>"cpu"</c>.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public nn.Module<Tensor, Tensor> Build(long seed, string device = "cpu")
    {
        var isOnCpu = LawDevice.Checked(device) == LawDevice.Cpu;
        _ = manual_seed(seed);
        var network = new LiveNetwork(this);
        if (isOnCpu)
        {
            return network;
        }

        // Moving a module would give each of two layers that share a weight one of its own.
        using var drawn = network;
        var moved = new LiveNetwork(this, TorchSharp.torch.device(device));
        _ = moved.load_state_dict(drawn.state_dict());
        return moved;
    }

    /// <summary>Prints the network as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal string Print(Code code) => code.New(nameof(TestNetwork), Inputs.ToString(CultureInfo.InvariantCulture), code.List(Layers.Select(l => l.Print(code))));

    internal IEnumerable<TestNetwork> Shrink()
    {
        var smaller = Enumerable.Range(0, Layers.Count).Select(i => Layers.Where((_, j) => j != i))
            .Concat(Enumerable.Range(0, Layers.Count).Where(i => Layers[i].Narrower() is not null).Select(i => Layers.Select((l, j) => i == j ? l.Narrower()! : l)));
        foreach (var layers in smaller.Select(l => l.ToValueList()).Where(l => Problem(Inputs, l) is null))
        {
            yield return new(Inputs, layers);
        }

        if (Inputs > 1 && Problem(Inputs / 2, Layers) is null)
        {
            yield return new(Inputs / 2, Layers);
        }
    }

    /// <summary>Returns the first layer that does not fit, and why; null if all do.</summary>
    internal static string? Problem(int inputs, IEnumerable<TestLayer> layers)
    {
        var (features, square) = (inputs, new HashSet<int>());
        foreach (var layer in layers)
        {
            if (layer.Kind == TestLayer.Kinds.Convolution && features % layer.Second != 0)
            {
                return FormattableString.Invariant($"{layer} has {features} features, which are no multiple of its input channels.");
            }

            if (layer.Kind == TestLayer.Kinds.Tied && !square.Contains(features))
            {
                return FormattableString.Invariant($"{layer} follows no TestLayer.Linear({features}) that has {features} inputs.");
            }

            if (layer.Kind == TestLayer.Kinds.Linear && layer.First == features)
            {
                square.Add(features);
            }

            features = After(features, layer);
        }

        return null;
    }

    /// <summary>The number of features after a layer.</summary>
    internal static int After(int features, TestLayer layer) => layer.Kind switch
    {
        TestLayer.Kinds.Linear or TestLayer.Kinds.Recurrent => layer.First,
        TestLayer.Kinds.Embedding => features * layer.First,
        TestLayer.Kinds.Convolution => layer.First * Positions(features, layer),
        _ => features,
    };

    /// <summary>The width of a convolution's kernel: two pixels where there are as many.</summary>
    internal static int Kernel(int features, TestLayer layer) => Math.Min(2, features / layer.Second);

    private static int Positions(int features, TestLayer layer) => (features / layer.Second) - Kernel(features, layer) + 1;
}
