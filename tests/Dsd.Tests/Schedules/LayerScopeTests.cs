using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Tests.Plans;

/// <summary>What a scope decides for each layer of a network: the last rule that matches wins.</summary>
public class LayerScopeTests
{
    private static readonly LayerScope s_default = LayerScope.Default;

    public static TheoryData<LayerScope, string> LeNet5Scopes => new()
    {
        // conv1 conv2 fc1 fc2: the level of each, "-" where it stays dense.
        { s_default, "- 0.3 0.3 0.3" },
        { s_default.Prune("conv1"), "0.3 0.3 0.3 0.3" },
        { s_default.Prune("*"), "0.3 0.3 0.3 0.3" },
        { s_default.Set("*", 0.5), "0.5 0.5 0.5 0.5" },
        { s_default.Keep("conv2"), "- - 0.3 0.3" },
        { s_default.Keep("conv2.weight"), "- - 0.3 0.3" },
        { s_default.Keep("conv*"), "- - 0.3 0.3" },
        { s_default.Keep("fc?"), "- 0.3 - -" },
        { s_default.Keep("*.weight").Prune("fc1"), "- - 0.3 -" },

        // Precedence: the last that matches, however narrow or wide it is.
        { s_default.Set("fc*", 0.5).Set("fc1", 0.9), "- 0.3 0.9 0.5" },
        { s_default.Set("fc1", 0.9).Set("fc*", 0.5), "- 0.3 0.5 0.5" },
        { s_default.Keep("fc*").Set("fc1", 0.9), "- 0.3 0.9 -" },
        { s_default.Set("fc1", 0.9).Keep("fc*"), "- 0.3 - -" },
        { s_default.Set("fc1", 0.9).Prune("fc*"), "- 0.3 0.3 0.3" },
        { s_default.Set("fc1", 0.9).Set("fc1", 0.1), "- 0.3 0.1 0.3" },
        { s_default.Keep("*").Prune("fc1").Keep("fc*").Set("fc2", 0.25), "- - - 0.25" },
        { s_default.Set("fc1", 0), "- 0.3 - 0.3" },

        // Kinds and ends.
        { s_default.Keep(LayerSelector.OfKind(LayerKind.Linear)), "- 0.3 - -" },
        { s_default.Set(LayerSelector.OfKind(LayerKind.Convolution), 0.1), "0.1 0.1 0.3 0.3" },
        { s_default.Prune(LayerSelector.First()), "0.3 0.3 0.3 0.3" },
        { s_default.Keep(LayerSelector.Last()), "- 0.3 0.3 -" },
        { s_default.Keep(LayerSelector.First(LayerKind.Linear)), "- 0.3 - 0.3" },
        { s_default.Set(LayerSelector.Last(LayerKind.Convolution), 0.6), "- 0.6 0.3 0.3" },
        { s_default.Set(LayerSelector.First(LayerKind.Convolution), 0.6), "0.6 0.3 0.3 0.3" },
    };

    public static TheoryData<LayerScope, string> ZooScopes => new()
    {
        // The default, and then what rules cannot change: "*" reaches everything, yet prunes no embedding, norm, bias, scalar or empty tensor.
        { s_default, "body.conv.weight lstm.weight_ih_l0 lstm.weight_hh_l0 fc.weight" },
        { s_default.Prune("*"), "stem.weight body.conv.weight lstm.weight_ih_l0 lstm.weight_hh_l0 fc.weight own.matrix" },
        { s_default.Keep("*").Prune(LayerSelector.OfKind(LayerKind.Other)), "own.matrix" },
        { s_default.Keep("*").Prune("lstm"), "lstm.weight_ih_l0 lstm.weight_hh_l0" },
        { s_default.Keep("lstm.weight_hh*"), "body.conv.weight lstm.weight_ih_l0 fc.weight" },
        { s_default.Keep("*").Prune("twin"), "fc.weight" }, // another name of fc.weight
        { s_default.Keep("twin"), "body.conv.weight lstm.weight_ih_l0 lstm.weight_hh_l0" },

        // Ends are looked for among what can be pruned: head shares the embedding, empty has no element.
        { s_default.Keep("*").Prune(LayerSelector.First()), "stem.weight" },
        { s_default.Keep("*").Prune(LayerSelector.Last()), "fc.weight" },
        { s_default.Keep("*").Prune(LayerSelector.Last(LayerKind.Other)), "own.matrix" },
        { s_default.Keep("*").Prune(LayerSelector.First(LayerKind.Recurrent)), "lstm.weight_ih_l0 lstm.weight_hh_l0" },
    };

    [Theory]
    [MemberData(nameof(LeNet5Scopes))]
    public void Resolve_LeNet5_TheLastMatchingRuleWins(LayerScope scope, string levels)
    {
        var schedule = Schedule.Start().Sparse(1, 0.1, 0.3, _ => scope).Build();

        var layers = Plan.Resolve(schedule, Shapes.LeNet5, 10).Phases[0].Layers;
        Assert.Equal(levels, string.Join(' ', layers.Select(l => l.Sparsity?.ToString() ?? "-")));
    }

    [Theory]
    [MemberData(nameof(ZooScopes))]
    public void Resolve_EveryKindOfParameter_PrunesTheseOnly(LayerScope scope, string pruned)
    {
        var layers = Plan.Resolve(Schedule.Start().Sparse(1, 0.1, 0.5, _ => scope).Build(), Shapes.Zoo, 10).Phases[0].Layers;

        Assert.Equal(pruned, string.Join(' ', layers.Where(l => l.IsPruned).Select(l => l.Parameter)));
        Assert.Equal(
            ["emb.weight", "stem.weight", "body.conv.weight", "lstm.weight_ih_l0", "lstm.weight_hh_l0", "fc.weight", "empty.weight", "scale", "own.matrix"],
            layers.Select(l => l.Parameter));
    }

    [Fact]
    public void Resolve_EveryKindOfParameter_SaysWhichRuleDecided()
    {
        var scope = s_default.Keep("lstm.weight_ih*").Set("twin", 0.25).Prune("own*");
        var layers = Plan.Resolve(Schedule.Start().Sparse(1, 0.1, 0.5, _ => scope).Build(), Shapes.Zoo, 10).Phases[0].Layers;

        Assert.Equal(
        [
            "emb.weight: never: embedding",
            "stem.weight: default: first convolution stays dense",
            "body.conv.weight: default",
            "lstm.weight_ih_l0: keep lstm.weight_ih*",
            "lstm.weight_hh_l0: default",
            "fc.weight: set twin = 0.25",
            "empty.weight: never: empty",
            "scale: never: scalar",
            "own.matrix: prune own*",
        ],
        layers.Select(l => $"{l.Parameter}: {l.Rule}"));
    }

    [Fact]
    public void Resolve_KindOther_StaysDenseByDefault() => Assert.Equal(
        "default: only linear, convolutional and recurrent layers",
        Plan.Resolve(Schedule.Start().Sparse(1, 0.1, 0.5).Build(), Shapes.Zoo, 10).Phases[0].Layers.Single(l => l.Parameter == "own.matrix").Rule);

    [Theory]
    [InlineData(LayerKind.Norm, false, "never: norm")]
    [InlineData(LayerKind.Embedding, false, "never: embedding")]
    [InlineData(LayerKind.Linear, true, "never: bias")]
    public void Resolve_AWeightSharedWithWhatIsNeverPruned_StaysDense(LayerKind kind, bool isBias, string rule)
    {
        var shape = ModelShape.Empty.Linear("fc", 4, 4).Linear("fc2", 4, 4)
            .With(new ParameterShape("other", kind, isBias, [4, 4], "fc.weight"));

        var layer = Plan.Resolve(Schedule.Start().Sparse(1, 0.1, 0.5, l => l.Set("*", 0.75)).Build(), shape, 10).Phases[0].Layers[0];

        Assert.Equal((false, rule), (layer.IsPruned, layer.Rule));
    }

    [Fact]
    public void Resolve_ARampWithAnOverride_KeepsItsStart()
    {
        var schedule = Schedule.Start().Sparse(
            Duration.Steps(10), LearningRate.Constant(1), SparsityCurve.Cubic(0.1, 0.9), l => l.Set("fc2", 0.5), mask: new MaskRule(update: MaskUpdate.Every(5))).Build();

        var layers = Plan.Resolve(schedule, Shapes.LeNet5, 10).Phases[0].Layers;
        Assert.Equal([null, SparsityCurve.Cubic(0.1, 0.9), SparsityCurve.Cubic(0.1, 0.9), SparsityCurve.Cubic(0.1, 0.5)], layers.Select(l => l.Sparsity));
    }

    [Fact]
    public void Resolve_GlobalSpread_PoolsWhatHasNoLevelOfItsOwn()
    {
        var schedule = Schedule.Start().Sparse(
            Duration.Steps(10), LearningRate.Constant(1), SparsityCurve.Constant(0.5), l => l.Set("fc2", 0.9), mask: new MaskRule(distribution: SparsityDistribution.Global)).Build();

        var phase = Plan.Resolve(schedule, Shapes.LeNet5, 10).Phases[0];
        Assert.Equal([false, true, true, false], phase.Layers.Select(l => l.IsGlobal));
        Assert.Equal([500L, null, null, 500L], phase.Layers.Select(l => phase.KeptAt(l, 0)));
        Assert.Equal(212_500, phase.GlobalKeptAt(0));
        Assert.Equal(500 + 212_500 + 500, phase.TotalKeptAt(0));
    }

    [Fact]
    public void PoolKeptAt_VerySparse_KeepsOneWeightALayer()
    {
        var schedule = Schedule.Start().Sparse(
            Duration.Steps(10), LearningRate.Constant(1), SparsityCurve.Constant(0.999999), mask: new MaskRule(distribution: SparsityDistribution.Global)).Build();

        Assert.Equal(3, Plan.Resolve(schedule, Shapes.LeNet5, 10).Phases[0].GlobalKeptAt(0));
    }

    [Fact]
    public void Resolve_PhasesWithDifferentScopes_AreDecidedEachByItsOwn()
    {
        var schedule = Schedule.Start().Sparse(1, 0.1, 0.3, l => l.Keep("fc1")).Dense(1, 0.1).Sparse(1, 0.1, 0.6, l => l.Keep("fc2")).Build();

        var plan = Plan.Resolve(schedule, Shapes.LeNet5, 10);
        Assert.Equal(["- 0.3 - 0.3", "- - - -", "- 0.6 0.6 -"], plan.Phases.Select(p => string.Join(' ', p.Layers.Select(l => l.Sparsity?.ToString() ?? "-"))));
        Assert.All(plan.Phases[1].Layers, l => Assert.Equal("dense phase", l.Rule));
    }
}
