using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The live module of a <see cref="TestNetwork"/>.</summary>
internal sealed class LiveNetwork : nn.Module<Tensor, Tensor>
{
    private readonly List<Func<Tensor, Tensor>> _steps = [];

    private readonly Device? _device;

    /// <summary>Creates the module.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">The device of its parameters. Default null: the CPU.</param>
    public LiveNetwork(TestNetwork network, Device? device = null)
        : base("test")
    {
        _device = device;
        var features = network.Inputs;
        var squares = new Dictionary<int, Linear>();
        foreach (var (layer, index) in network.Layers.Append(TestLayer.Linear(TestNetwork.Classes)).Select((l, i) => (l, i)))
        {
            var name = index == network.Layers.Count ? "out" : string.Create(CultureInfo.InvariantCulture, $"{layer.Kind.ToString().ToLowerInvariant()}{index + 1}");
            _steps.Add(Step(layer, features, name, squares));
            features = TestNetwork.After(features, layer);
        }
    }

    public override Tensor forward(Tensor input) => _steps.Aggregate(input, (x, step) => step(x));

    private Func<Tensor, Tensor> Step(TestLayer layer, int features, string name, Dictionary<int, Linear> squares)
    {
        switch (layer.Kind)
        {
            case TestLayer.Kinds.Linear:
                var linear = Registered(name, nn.Linear(features, layer.First, device: _device));
                if (layer.First == features)
                {
                    squares[features] = linear;
                }

                return linear.call;
            case TestLayer.Kinds.Tied:
                var tied = nn.Linear(features, features, device: _device);
                tied.weight = squares[features].weight;
                return Registered(name, tied).call;
            case TestLayer.Kinds.Convolution:
                var convolution = Registered(name, nn.Conv2d(layer.Second, layer.First, (1, TestNetwork.Kernel(features, layer)), device: _device));
                return x => convolution.call(x.reshape(x.shape[0], layer.Second, 1, -1)).flatten(1);
            case TestLayer.Kinds.BatchNorm:
                return Registered(name, nn.BatchNorm1d(features, device: _device)).call;
            case TestLayer.Kinds.LayerNorm:
                return Registered(name, nn.LayerNorm(features, device: _device)).call;
            case TestLayer.Kinds.Recurrent:
                var lstm = Registered(name, nn.LSTM(1, layer.First, layer.Second, batchFirst: true, device: _device));
                return x => lstm.call(x.unsqueeze(2)).Item1.select(1, -1);
            case TestLayer.Kinds.Embedding:
                var embedding = Registered(name, nn.Embedding(2, layer.First, device: _device));
                return x => embedding.call(x.gt(0).to(int64)).flatten(1);
            case TestLayer.Kinds.Dropout:
                return Registered(name, nn.Dropout(layer.Fraction)).call;
            default:
                return x => x.tanh();
        }
    }

    private T Registered<T>(string name, T module)
        where T : nn.Module
    {
        register_module(name, module);
        return module;
    }
}
