using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Stacked;

public class StackedOptimizerTests
{
    private const int Networks = 3;
    private const double Rate = 0.1;

    // Neither size divides a mask's words, so that masks of networks begin within words.
    private static readonly long[][] s_shapes = [[65], [7, 3]];

    public static TheoryData<int> Optimizers() => [.. Enumerable.Range(0, s_settings.Length)];

    private static readonly OptimizerSettings[] s_settings = [OptimizerSettings.Sgd(nesterov: true), OptimizerSettings.Adam(0.01), OptimizerSettings.AdamW()];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Step_WithMasksOfSomeNetworks_MovesEachAsItsOwnOptimizerDoes(int number)
    {
        using var scope = NewDisposeScope();
        var (common, own, optimizers) = Create(s_settings[number]);
        var alone = own.ConvertAll(o => o.ConvertAll(p => new Parameter(p.detach().clone())));
        var aloneOptimizers = alone.ConvertAll(p => s_settings[number].Create(p, Rate));
        var masks = Enumerable.Range(0, Networks).Select(i => i == 1 ? [] : new Dictionary<string, BitMask> { ["b"] = BitMask.Of(rand(7, 3).gt(0.5)) }).ToList();
        using var stacked = new StackedOptimizer(s_settings[number], common, optimizers);
        stacked.Gather(_ => true);
        stacked.Follow(masks);
        for (var i = 0; i < Networks; i++)
        {
            if (masks[i].TryGetValue("b", out var mask))
            {
                MaskedMemory.Zero(own[i][1], mask);
                MaskedMemory.Zero(alone[i][1], mask);
            }
        }

        for (var step = 0; step < 3; step++)
        {
            SetGradients(common);
            for (var i = 0; i < Networks; i++)
            {
                foreach (var (parameter, name) in alone[i].Zip(common.Keys))
                {
                    parameter.grad = common[name].grad![i].clone();
                    if (masks[i].TryGetValue(name, out var mask))
                    {
                        MaskedMemory.Zero(parameter.grad!, mask);
                    }
                }

                aloneOptimizers[i].step();
            }

            stacked.SetRate(Rate);
            stacked.Step();
            for (var i = 0; i < Networks; i++)
            {
                Assert.Equal(alone[i].SelectMany(p => p.data<float>().ToArray()), own[i].SelectMany(p => p.data<float>().ToArray()));
            }
        }

        stacked.Spread();
        for (var i = 0; i < Networks; i++)
        {
            var (expected, actual) = (new LiveOptimizer(aloneOptimizers[i]).Capture(), new LiveOptimizer(optimizers[i]).Capture());
            Assert.All(expected.Zip(actual).SelectMany(s => s.First.Fields.Zip(s.Second.Fields)), f => AssertSame(f.First, f.Second));
        }
    }

    [Fact]
    public void Gather_AfterEachWasReset_StartsAnew()
    {
        using var scope = NewDisposeScope();
        var (common, own, optimizers) = Create(s_settings[0]);
        using var stacked = new StackedOptimizer(s_settings[0], common, optimizers);
        stacked.Gather(_ => true);
        SetGradients(common);
        stacked.SetRate(Rate);
        stacked.Step();
        optimizers.ForEach(o => new LiveOptimizer(o).Reset());
        stacked.Gather(_ => true);
        var expected = own[1].ConvertAll(p => new Parameter(p.detach().clone()));
        using var first = s_settings[0].Create(expected, Rate);

        SetGradients(common);
        foreach (var (parameter, name) in expected.Zip(common.Keys))
        {
            parameter.grad = common[name].grad![1].clone();
        }

        first.step();
        stacked.SetRate(Rate);
        stacked.Step();

        Assert.Equal(expected.SelectMany(p => p.data<float>().ToArray()), own[1].SelectMany(p => p.data<float>().ToArray()));
    }

    [Fact]
    public void Gather_OfNetworksAtDifferentSteps_IsRefusedUnlessTheOtherHasEnded()
    {
        using var scope = NewDisposeScope();
        var (common, _, optimizers) = Create(s_settings[1]);
        using var stacked = new StackedOptimizer(s_settings[1], common, optimizers);
        stacked.Gather(_ => true);
        SetGradients(common);
        stacked.SetRate(Rate);
        stacked.Step();
        stacked.Spread();
        new LiveOptimizer(optimizers[0]).Reset();

        Assert.Contains("different steps", Assert.Throws<InvalidOperationException>(() => stacked.Gather(_ => true)).Message, StringComparison.Ordinal);
        stacked.Gather(i => i > 0);
    }

    private static (OrderedDictionary<string, Parameter> Common, List<List<Parameter>> Own, List<optim.Optimizer> Optimizers) Create(OptimizerSettings settings)
    {
        manual_seed(1);
        var common = new OrderedDictionary<string, Parameter>();
        var own = Enumerable.Range(0, Networks).Select(_ => new List<Parameter>()).ToList();
        foreach (var (shape, name) in s_shapes.Zip(["a", "b"]))
        {
            var parameter = new Parameter(randn([Networks, .. shape]));
            common.Add(name, parameter);
            for (var i = 0; i < Networks; i++)
            {
                using var guard = no_grad();
                var slice = new Parameter(zeros(shape));
                slice.set_(parameter.detach().select(0, i));
                own[i].Add(slice);
            }
        }

        return (common, own, own.ConvertAll(p => settings.Create(p, Rate)));
    }

    private static void SetGradients(IReadOnlyDictionary<string, Parameter> common)
    {
        foreach (var parameter in common.Values)
        {
            parameter.grad = randn_like(parameter);
        }
    }

    private static void AssertSame(KeyValuePair<string, object?> expected, KeyValuePair<string, object?> actual)
    {
        Assert.Equal(expected.Key, actual.Key);
        if (expected.Value is Tensor tensor)
        {
            Assert.Equal(tensor.data<float>().ToArray(), ((Tensor)actual.Value!).data<float>().ToArray());
        }
        else
        {
            Assert.Equal(expected.Value, actual.Value);
        }
    }
}
