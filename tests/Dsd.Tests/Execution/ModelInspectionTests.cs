using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public sealed class ModelInspectionTests
{
    [Fact]
    public void ShapeOf_EveryKindOfLayer_TellsKindsAndBiases()
    {
        using var net = new Container(
            ("conv", nn.Conv2d(1, 2, 3)),
            ("up", nn.ConvTranspose2d(2, 2, 3)),
            ("bn", nn.BatchNorm2d(2)),
            ("ln", nn.LayerNorm(4)),
            ("gn", nn.GroupNorm(1, 2)),
            ("fc", nn.Linear(3, 4)),
            ("lstm", nn.LSTM(3, 4, numLayers: 2, bidirectional: true)),
            ("gru", nn.GRU(3, 4)),
            ("rnn", nn.RNN(3, 4)),
            ("cell", nn.LSTMCell(3, 4)),
            ("emb", nn.Embedding(5, 6)));
        var kinds = ModelInspection.ShapeOf(net).Parameters.ToDictionary(p => p.Name, p => (p.Kind, p.IsBias));
        Assert.Equal((LayerKind.Convolution, false), kinds["conv.weight"]);
        Assert.Equal((LayerKind.Convolution, true), kinds["conv.bias"]);
        Assert.Equal((LayerKind.Convolution, false), kinds["up.weight"]);
        Assert.Equal((LayerKind.Norm, true), kinds["bn.weight"]);
        Assert.Equal((LayerKind.Norm, true), kinds["ln.weight"]);
        Assert.Equal((LayerKind.Norm, true), kinds["gn.bias"]);
        Assert.Equal((LayerKind.Linear, false), kinds["fc.weight"]);
        Assert.Equal((LayerKind.Embedding, false), kinds["emb.weight"]);
        foreach (var layer in new[] { "lstm", "gru", "rnn", "cell" })
        {
            Assert.All(kinds.Where(k => k.Key.StartsWith(layer + ".")), k => Assert.Equal((LayerKind.Recurrent, k.Key.Contains("bias")), k.Value));
        }

        Assert.Equal(16, kinds.Keys.Count(k => k.StartsWith("lstm.")));
    }

    [Fact]
    public void ShapeOf_ModulesThatHoldSeveralLayers_TellsEachByItsName()
    {
        using var net = new Container(
            ("attention", nn.MultiheadAttention(8, 2)),
            ("apart", nn.MultiheadAttention(8, 2, kdim: 6, vdim: 4, add_bias_kv: true)),
            ("encoder", nn.TransformerEncoderLayer(8, 2, 16)),
            ("encoders", nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)),
            ("decoder", nn.TransformerDecoderLayer(8, 2, 16)),
            ("decoders", nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2)),
            ("whole", nn.Transformer(8, 2, 1, 1, 16)),
            ("bilinear", nn.Bilinear(3, 4, 5)),
            ("prelu", nn.PReLU(4)));
        var shape = ModelInspection.ShapeOf(net);
        Assert.All(shape.Parameters, p =>
        {
            var own = p.Name[(p.Name.LastIndexOf('.') + 1)..];
            var expected = p.Name.Contains("norm", StringComparison.Ordinal) ? (LayerKind.Norm, true)
                : p.Name == "prelu.weight" ? (LayerKind.Other, true)
                : (LayerKind.Linear, own.Contains("bias", StringComparison.Ordinal));
            Assert.True(expected == (p.Kind, p.IsBias), $"{p.Name} {p.DimsText}: {p.Kind}, bias {p.IsBias}");
        });
        string[] encoder = ["encoder.self_attn.in_proj_weight", "encoder.self_attn.out_proj.weight", "encoder.linear1.weight", "encoder.linear2.weight"];
        var plan = Schedule.Start().Sparse(1, 0.1, 0.5).Build().On(net, 5);
        var pruned = plan.Phases[0].Layers.Where(l => l.IsPruned).Select(l => l.Parameter).ToList();
        Assert.Equal(encoder.Order(), pruned.Where(p => p.StartsWith("encoder.", StringComparison.Ordinal)).Order());
        Assert.Equal(
            ["apart.k_proj_weight", "apart.out_proj.weight", "apart.q_proj_weight", "apart.v_proj_weight", "attention.in_proj_weight", "attention.out_proj.weight"],
            pruned.Where(p => p.StartsWith('a')).Order(StringComparer.Ordinal));
        Assert.Contains("bilinear.weight", pruned);
        Assert.Equal(8, pruned.Count(p => p.StartsWith("encoders.", StringComparison.Ordinal)));
    }

    [Fact]
    public void ShapeOf_EveryModuleOfTorchSharpWithWeights_IsOfAKnownKind()
    {
        using var net = new Container(
            ("rnnCell", nn.RNNCell(3, 4)),
            ("gruCell", nn.GRUCell(3, 4)),
            ("up1", nn.ConvTranspose1d(2, 2, 3)),
            ("up3", nn.ConvTranspose3d(2, 2, 3)),
            ("conv3", nn.Conv3d(2, 2, 3)),
            ("bag", nn.EmbeddingBag(5, 6)),
            ("instance", nn.InstanceNorm2d(2, affine: true)));
        var kinds = ModelInspection.ShapeOf(net).Parameters.GroupBy(p => p.Layer).ToDictionary(p => p.Key, p => p.First().Kind);
        Assert.Equal(
            new Dictionary<string, LayerKind>
            {
                ["rnnCell"] = LayerKind.Recurrent,
                ["gruCell"] = LayerKind.Recurrent,
                ["up1"] = LayerKind.Convolution,
                ["up3"] = LayerKind.Convolution,
                ["conv3"] = LayerKind.Convolution,
                ["bag"] = LayerKind.Embedding,
                ["instance"] = LayerKind.Norm,
            },
            kinds);
    }

    [Fact]
    public void On_LstmOfTwoLayersAndDirections_PrunesEveryWeightAndNoBias()
    {
        using var lstm = nn.LSTM(3, 4, numLayers: 2, bidirectional: true);
        var plan = Schedule.Start().Sparse(1, 0.1, 0.5).Build().On(lstm, 5);
        Assert.Equal(
            ["weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse", "weight_ih_l1", "weight_hh_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse"],
            plan.Phases[0].Layers.Where(l => l.IsPruned).Select(l => l.Parameter));
    }

    [Fact]
    public void Session_TiedWeights_AreMaskedAndCountedOnce()
    {
        using var net = new Tied();
        var shape = ModelInspection.ShapeOf(net);
        Assert.Equal("a.weight", shape.Parameters.Single(p => p.Name == "b.weight").SharedWith);
        Assert.Equal(36 + 6 + 6, shape.Count);
        var plan = Schedule.Start().Sparse(Duration.Steps(3), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5)).Build().On(net, 5);
        Assert.Equal(["a.weight"], plan.Phases[0].Layers.Select(l => l.Parameter));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(plan, net, optimizer);
        while (session.BeginStep())
        {
            using var scope = NewDisposeScope();
            net.call(ones(2, 6)).sum().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Assert.Equal(18, session.Masks.Masks.Single().Value.Kept);
        Assert.Equal(18, net.state_dict()["b.weight"].count_nonzero().item<long>());
    }

    [Fact]
    public void Session_ScalarAndEmptyParameters_AreLeftAlone()
    {
        using var net = new Odd();
        var plan = Schedule.Start().Sparse(Duration.Steps(2), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5)).Build().On(net, 5);
        Assert.Equal(["fc.weight"], plan.Phases[0].Layers.Where(l => l.IsPruned).Select(l => l.Parameter));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(plan, net, optimizer);
        while (session.BeginStep())
        {
            using var scope = NewDisposeScope();
            net.call(ones(2, 3)).sum().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Assert.NotEqual(1f, net.state_dict()["scale"].item<float>());
    }

    [Fact]
    public void ShapeOf_ParametersThatALayerDeclaresUnpruned_AreTreatedAsBiases()
    {
        using var net = new Container(("scaled", new Scaled()));
        Assert.Equal(
            ["scaled.weight Linear False", "scaled.scale Linear True", "scaled.table Linear True", "scaled.bias Linear True"],
            ModelInspection.ShapeOf(net).Parameters.Select(p => $"{p.Name} {p.Kind} {p.IsBias}"));
        var plan = Schedule.Start().Sparse(Duration.Steps(2), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5)).Build().On(net, 5);
        Assert.Equal(["scaled.weight"], plan.Phases[0].Layers.Select(l => l.Parameter));
    }

    private sealed class Scaled : nn.Module, ILayer
    {
        public Scaled()
            : base("scaled")
        {
            register_parameter("weight", nn.Parameter(ones(4, 3)));
            register_parameter("scale", nn.Parameter(ones(4)));
            register_parameter("table", nn.Parameter(ones(4, 3)));
            register_parameter("bias", nn.Parameter(ones(4)));
        }

        public LayerKind Kind => LayerKind.Linear;

        public IReadOnlyCollection<string> Unpruned => ["scale", "table"];
    }

    private sealed class Container : nn.Module
    {
        public Container(params (string Name, nn.Module Module)[] modules)
            : base("container")
        {
            foreach (var (name, module) in modules)
            {
                register_module(name, module);
            }
        }
    }

    private sealed class Tied : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _a = nn.Linear(6, 6);
        private readonly Linear _b = nn.Linear(6, 6);

        public Tied()
            : base("tied")
        {
            _b.weight = _a.weight;
            register_module("a", _a);
            register_module("b", _b);
        }

        public override Tensor forward(Tensor input) => _b.call(_a.call(input));
    }

    private sealed class Odd : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _fc = nn.Linear(3, 4);
        private readonly Parameter _scale = nn.Parameter(ones([]));

        public Odd()
            : base("odd")
        {
            register_module("fc", _fc);
            register_parameter("scale", _scale);
            register_parameter("none", nn.Parameter(zeros(0, 3)));
        }

        public override Tensor forward(Tensor input) => _fc.call(input) * _scale;
    }
}
