using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class CharLstmTests
{
    [Fact]
    public void Shape_SixtyThreeSymbols_IsAsItIsListed()
    {
        Assert.Equal(111_487, CharLstm.Shape().Count);
        Assert.Equal(
            "embedding.weight 63×64, lstm.weight_ih_l0 512×64, lstm.weight_hh_l0 512×128, lstm.bias_ih_l0 512, lstm.bias_hh_l0 512, fc.weight 63×128, fc.bias 63",
            string.Join(", ", CharLstm.Shape().Parameters.Select(p => $"{p.Name} {p.DimsText}")));
        Assert.Contains("111,487 parameters for 63 symbols", ModelCatalog.Get("char-lstm").Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ByDefault_PrunesTheRecurrentAndTheLastLayerAndNeverTheEmbedding()
    {
        var plan = Plan.Resolve(Schedule.Dsd(Duration.Steps(1), Duration.Steps(1), Duration.Steps(1), 0.5, 0.1), CharLstm.Shape(), 10);

        Assert.Equal(
            ["embedding.weight 0", "lstm.weight_ih_l0 16384", "lstm.weight_hh_l0 32768", "fc.weight 4032"],
            plan.Phases[1].Layers.Select(l => $"{l.Parameter} {l.Weights - plan.Phases[1].KeptAt(l, 0)}"));
    }

    [Fact]
    public void Forward_AnyLength_GivesScoresAfterEachSymbolAndLeavesNothingElse()
    {
        using var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get("char-lstm").Create(inputs: 5, classes: 7);
        foreach (var (batch, length) in new[] { (1, 1), (3, 9) })
        {
            using var symbols = randint(5, [batch, length], dtype: ScalarType.Int64);
            using var scope = NewDisposeScope();
            var scores = model.call(symbols);

            Assert.Equal([batch, length, 7L], scores.shape);
            Assert.Equal(ScalarType.Float32, scores.dtype);
            Assert.Equal(1, scope.DisposablesCount);
        }
    }

    [Fact]
    public void Forward_EqualsTheGatesWrittenDown()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        manual_seed(5);
        var model = new CharLstm(9, 9);
        var symbols = randint(9, [2, 6], dtype: ScalarType.Int64);
        Tensor P(string name) => model.get_parameter(name)!;

        var (state, cell) = (zeros(2, 128), zeros(2, 128));
        var expected = new List<Tensor>();
        for (var t = 0; t < 6; t++)
        {
            var input = P("embedding.weight")[symbols[.., t]];
            var gates = nn.functional.linear(input, P("lstm.weight_ih_l0"), P("lstm.bias_ih_l0")) + nn.functional.linear(state, P("lstm.weight_hh_l0"), P("lstm.bias_hh_l0"));
            var (enter, forget, value, show) = (gates[.., ..128].sigmoid(), gates[.., 128..256].sigmoid(), gates[.., 256..384].tanh(), gates[.., 384..].sigmoid());
            cell = (forget * cell) + (enter * value);
            state = show * cell.tanh();
            expected.Add(nn.functional.linear(state, P("fc.weight"), P("fc.bias")));
        }

        Assert.True(model.call(symbols).allclose(stack(expected, 1), rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void Forward_WhatComesLater_ChangesNothingBefore()
    {
        using var scope = NewDisposeScope();
        var model = new CharLstm(9, 9);
        var symbols = randint(9, [2, 6], dtype: ScalarType.Int64);
        var other = symbols.clone();
        other[.., 4..] = 8 - symbols[.., 4..];

        Assert.True(model.call(symbols)[.., ..4].equal(model.call(other)[.., ..4]).all().item<bool>());
    }

    [Fact]
    public void Backward_OneBatch_ReachesEveryParameter()
    {
        using var scope = NewDisposeScope();
        var model = new CharLstm(9, 9);
        var symbols = randint(9, [4, 6], dtype: ScalarType.Int64);
        nn.functional.cross_entropy(model.call(symbols).view(-1, 9), symbols.view(-1)).backward();

        Assert.All(model.parameters(), p => Assert.True(p.grad!.abs().max().item<float>() > 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StackedForward_InEitherMode_ThrowsAndNamesTheLayer(bool training)
    {
        using var model = new CharLstm(9, 9);
        model.train(training);
        IStackable stackable = model;

        Assert.Contains("'lstm'", stackable.StackingObstacle, StringComparison.Ordinal);
        var error = Assert.Throws<DsdException>(() => stackable.StackedForward(new Dictionary<string, Tensor>(), zeros(1, 1, 1)));
        Assert.Equal($"char-lstm cannot be stacked: {stackable.StackingObstacle}.", error.Message);
    }

    [Fact]
    public void Create_StartsAsItSays()
    {
        manual_seed(1);
        using var model = new CharLstm();

        Assert.InRange(model.get_parameter("embedding.weight")!.std().item<float>(), 0.97f, 1.03f);
        foreach (var (name, parameter) in model.named_parameters().Where(p => !p.name.StartsWith("embedding", StringComparison.Ordinal)))
        {
            var bound = 1 / MathF.Sqrt(128);
            Assert.InRange(parameter.abs().max().item<float>(), 0.9f * bound, bound * 1.0001f);
        }
    }
}
