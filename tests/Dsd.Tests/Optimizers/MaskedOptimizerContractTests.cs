using System.Runtime.InteropServices;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Optimizers;

/// <summary>What a user of TorchSharp's optimisers expects of ours, and what they refuse.</summary>
public sealed class MaskedOptimizerContractTests
{
    public static TheoryData<int> Kinds => [0, 1, 2];

    [Fact]
    public void Create_OfSettings_GivesOptimizersThatMask()
    {
        using var p = new Parameter(ones(3));
        using var sgd = Assert.IsType<MaskedSgd>(OptimizerSettings.Sgd(0.8, 0.01, 0, nesterov: true).Create([p], 0.1));
        using var adam = Assert.IsType<MaskedAdam>(OptimizerSettings.Adam(0.02).Create([p], 0.1));
        using var adamW = Assert.IsType<MaskedAdamW>(OptimizerSettings.AdamW(0.03).Create([p], 0.1));
        var options = (SGD.Options)sgd.state_dict().Options[0];
        Assert.Equal((0.8, 0.01, true, 0.1), (options.momentum, options.weight_decay, options.nesterov, options.LearningRate));
        Assert.Equal(((0.9, 0.999), (0.9, 0.999)), (adam.Betas, adamW.Betas));
        Assert.Equal(0.02, ((Adam.Options)adam.state_dict().Options[0]).weight_decay);
        Assert.Equal(0.03, ((AdamW.Options)adamW.state_dict().Options[0]).weight_decay);
    }

    [Fact]
    public void Create_OfSettings_HandsEveryConstantOn()
    {
        using var p = new Parameter(ones(3));
        using var adam = OptimizerSettings.Adam(0.02, 0.8, 0.99, 1e-6).Create([p], 0.1);
        using var adamW = OptimizerSettings.AdamW(0.03, 0.7, 0.98, 1e-5).Create([p], 0.1);
        using var rmsProp = OptimizerSettings.RmsProp(0.6, 0.04, 0.9, 1e-4, centered: true).Create([p], 0.1);

        var a = (Adam.Options)((OptimizerHelper)adam).state_dict().Options[0];
        var w = (AdamW.Options)((OptimizerHelper)adamW).state_dict().Options[0];
        var r = (RMSProp.Options)((OptimizerHelper)rmsProp).state_dict().Options[0];
        Assert.Equal((0.8, 0.99, 1e-6, 0.02), (a.beta1, a.beta2, a.eps, a.weight_decay));
        Assert.Equal((0.7, 0.98, 1e-5, 0.03), (w.beta1, w.beta2, w.eps, w.weight_decay));
        Assert.Equal((0.6, 0.04, 0.9, 1e-4, true), (r.momentum, r.weight_decay, r.alpha, r.eps, r.centered));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ZeroGrad_TakesGradientsAway_AndAStepWithoutThemChangesNothing(int kind)
    {
        using var p = new Parameter(ones(3));
        using var optimizer = Create(kind, [p]);
        Backward(p);
        optimizer.step();
        optimizer.zero_grad();
        Assert.Null(p.grad);
        var before = StepCase.Everything([p], optimizer);
        optimizer.step();
        Assert.Equal(before, StepCase.Everything([p], optimizer));
        Backward(p);
        using var gradient = p.grad;
        Assert.Equal(2 * p[0].item<float>(), gradient![0].item<float>());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Step_WithAClosure_ComputesTheLossWithGradientsAndReturnsIt(int kind)
    {
        using var p = new Parameter(ones(3));
        using var optimizer = Create(kind, [p]);
        using var guard = no_grad();
        using var loss = optimizer.step(() =>
        {
            optimizer.zero_grad();
            var value = (p * p).sum();
            value.backward();
            return value;
        });
        Assert.Equal(3f, loss.item<float>());
        Assert.NotEqual(1f, p[0].item<float>());
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void Backward_OfAGraphFromBeforeTheStep_IsRefusedAsWithTorchSharps(int kind)
    {
        Skip.If(RuntimeInformation.IsOSPlatform(OSPlatform.Windows), "libtorch's count of writes has no plain name there.");
        using var p = new Parameter(ones(3));
        using var optimizer = Create(kind, [p]);
        using var loss = (p * p).sum();
        Backward(p);
        optimizer.step();
        Assert.Contains("modified by an inplace operation", Assert.ThrowsAny<Exception>(() => loss.backward()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Step_OfATransposedParameter_IsThatOfAStraightOne(int kind)
    {
        using var scope = NewDisposeScope();
        var values = randn(5, 7);
        var straight = new Parameter(values.clone());
        var transposed = new Parameter(values.t().contiguous().t());
        Assert.False(transposed.is_contiguous());
        using OptimizerHelper a = Create(kind, [straight]), b = Create(kind, [transposed]);
        for (var step = 0; step < 3; step++)
        {
            Backward(straight);
            Backward(transposed);
            a.step();
            b.step();
            a.zero_grad();
            b.zero_grad();
        }

        Assert.True(straight.allclose(transposed, 1e-6, 1e-7));
        Assert.False(values.allclose(transposed));
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.Float32, false)]
    public void Step_AfterTheMaskHasChanged_HoldsTheNewOne(ScalarType type, bool operators)
    {
        using var p = new Parameter(ones(70, dtype: type));
        using var optimizer = Create(0, [p]);
        StepCase.Compute(optimizer, operators: operators);
        using var masks = new MaskSet(new Dictionary<string, Parameter> { ["p"] = p }, new LiveOptimizer(optimizer), MaskMethods.None, 0);
        ((IMaskedOptimizer)optimizer).Follow(masks);
        foreach (var kept in new[] { 60, 30, 70 })
        {
            var words = BitMask.NewWords(70);
            Enumerable.Range(0, kept).ToList().ForEach(i => words[i >> 6] |= 1UL << (i & 63));
            masks.Restore(new MaskSetState(new() { ["p"] = new BitMask(words, 70) }, [], []));
            Backward(p);
            optimizer.step();
            optimizer.zero_grad();

            // At last those move that had momentum; the last ten never had a gradient.
            Assert.Equal(Math.Min(kept, 60), StepCase.Values(p).Count(v => v != 0));
        }

        masks.Dispose();
        using (no_grad())
        {
            p.fill_(1);
        }

        Backward(p);
        optimizer.step();
        Assert.Equal(70, StepCase.Values(p).Count(v => v != 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void State_OfMaskedWeightsThatHasFaded_EndsAtZeroAndThatOfKeptOnesStays(int width)
    {
        using var p = new Parameter(zeros(70));
        using var optimizer = new MaskedSgd([p], 0.1, 0.9);
        StepCase.Compute(optimizer, (VectorWidth)width);
        p.grad = full(70, 4e-38f);
        optimizer.step();
        using var masks = new MaskSet(new Dictionary<string, Parameter> { ["p"] = p }, new LiveOptimizer(optimizer), MaskMethods.None, 0);
        masks.Restore(new MaskSetState(new() { ["p"] = new BitMask([0x5555555555555555, 0x15], 70) }, [], []));
        ((IMaskedOptimizer)optimizer).Follow(masks);
        p.grad = zeros(70);
        var normal = (float)Math.Pow(2, -126);
        for (var step = 1; step < 20; step++)
        {
            optimizer.step();
            var momentum = StepCase.Values(((SGD.State)optimizer.state_dict().State[0]).momentum_buffer);
            Assert.All(Enumerable.Range(0, 70), i => Assert.True(i % 2 == 0 ? momentum[i] > 0 : momentum[i] == 0 || momentum[i] >= normal));
            Assert.Equal(step < 12, momentum[1] > 0);
        }
    }

    [Fact]
    public void Parameter_InTwoGroups_IsRefused_AndTwiceInOneIsTakenOnce()
    {
        using var p = new Parameter(ones(3));
        Assert.Contains("two groups", Assert.Throws<ArgumentException>(() => new MaskedSgd([new SGD.ParamGroup([p]), new SGD.ParamGroup([p])], 0.1)).Message, StringComparison.Ordinal);
        using var optimizer = new MaskedSgd([p, p], 0.25);
        Backward(p);
        optimizer.step();
        Assert.Equal(0.5f, p[0].item<float>());
    }

    [Fact]
    public void Options_ThatOursLack_AreRefusedByName()
    {
        using var p = new Parameter(ones(3));
        Backward(p);
        using var sgd = new MaskedSgd([new SGD.ParamGroup([p], maximize: true)], 0.1);
        Assert.Contains("maximize", Assert.Throws<DsdException>(() => sgd.step()).Message, StringComparison.Ordinal);
        using var adam = new MaskedAdam([new Adam.ParamGroup([p], amsgrad: true)]);
        Assert.Contains("amsgrad", Assert.Throws<DsdException>(() => adam.step()).Message, StringComparison.Ordinal);
        using var adamW = new MaskedAdamW([new AdamW.ParamGroup([p], amsgrad: true)]);
        Assert.Contains("amsgrad", Assert.Throws<DsdException>(() => adamW.step()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new MaskedSgd([p], 0.1, nesterov: true));
        Assert.Throws<ArgumentException>(() => new MaskedAdam([p], beta1: 1));
    }

    private static OptimizerHelper Create(int kind, Parameter[] parameters) => kind switch
    {
        0 => new MaskedSgd(parameters, 0.1, 0.9),
        1 => new MaskedAdam(parameters, 0.1),
        _ => new MaskedAdamW(parameters, 0.1),
    };

    private static void Backward(Parameter p)
    {
        using var scope = NewDisposeScope();
        using var guard = enable_grad();
        (p * p).sum().backward();
    }
}
