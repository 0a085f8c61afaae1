using Dsd.Optimizers;
using FsCheck.Xunit;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Optimizers;

/// <summary>The laws of our own steps, over random parameters, groups, options, gradients and masks.</summary>
[Trait("Tier", "slow")]
public sealed class MaskedOptimizerTests
{
    public static TheoryData<int> Widths => [1, 4, 8, 16];

    [Property(MaxTest = 40)]
    public void Steps_WithoutMask_AgreeWithTorchSharpToRounding(int seed)
    {
        var c = new StepCase(seed);
        AssertClose(Outcome(c, isPlain: true), Outcome(c));
    }

    [Property(MaxTest = 40)]
    public void Steps_ByOperators_HaveTheBitsOfTorchSharp(int seed)
    {
        var c = new StepCase(seed);
        Assert.Equal(Outcome(c, isPlain: true), Outcome(c, operators: true));
    }

    [Property(MaxTest = 40)]
    public void Steps_OfOtherTypes_HaveTheBitsOfTorchSharp(int seed)
    {
        var c = new StepCase(seed);
        foreach (var type in new[] { ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16 })
        {
            Assert.Equal(Outcome(c, isPlain: true, type: type), Outcome(c, type: type));
        }
    }

    [Property(MaxTest = 40)]
    public void Steps_UnderAMask_AreThoseWithMaskedGradientsAndWeightsSetToZero(int seed)
    {
        var c = new StepCase(seed);
        var masked = Outcome(c, withMasks: true);
        var parameters = c.Parameters();
        using var optimizer = c.Optimizer(parameters);
        c.Prune(parameters, optimizer);
        for (var step = 0; step < 8; step++)
        {
            c.SetGradients(parameters, step, masked: true);
            optimizer.step();
            c.ZeroMasked(parameters);
        }

        Assert.Equal(StepCase.Everything(parameters, optimizer).Select(BitConverter.DoubleToInt64Bits), masked.Select(BitConverter.DoubleToInt64Bits));
    }

    [Property(MaxTest = 40)]
    public void MaskedWeights_AfterEachStep_ArePositiveZeroAndGradientsAsTheyWere(int seed)
    {
        var c = new StepCase(seed);
        foreach (var operators in new[] { false, true })
        {
            var parameters = c.Parameters();
            using var optimizer = c.Optimizer(parameters);
            using var masks = c.Live(parameters, optimizer);
            ((IMaskedOptimizer)optimizer).Follow(masks);
            StepCase.Compute(optimizer, operators: operators);
            for (var step = 0; step < 4; step++)
            {
                c.SetGradients(parameters, step);
                var before = parameters.Select(Gradient).ToList();
                optimizer.step();
                Assert.Equal(before, parameters.Select(Gradient));
                foreach (var (parameter, mask) in parameters.Zip(c.Masks))
                {
                    var values = StepCase.Values(parameter);
                    Assert.All(Enumerable.Range(0, values.Length), i => Assert.True(mask[i] || BitConverter.DoubleToInt64Bits(values[i]) == 0));
                }
            }
        }
    }

    [Property(MaxTest = 40)]
    public void KeptWeights_WithAndWithoutAMaskOnOthers_HaveTheSameBits(int seed)
    {
        var c = new StepCase(seed);
        var (dense, masked) = (Weights(withMasks: false), Weights(withMasks: true));
        for (var p = 0; p < dense.Length; p++)
        {
            Assert.All(Enumerable.Range(0, dense[p].Length), i => Assert.True(!c.Masks[p][i] || dense[p][i] == masked[p][i]));
        }

        double[][] Weights(bool withMasks)
        {
            var parameters = c.Parameters();
            using var optimizer = c.Optimizer(parameters);
            using var masks = c.Live(parameters, optimizer);
            if (withMasks)
            {
                ((IMaskedOptimizer)optimizer).Follow(masks);
            }

            c.Run(parameters, optimizer);
            return [.. parameters.Select(StepCase.Values)];
        }
    }

    [Property(MaxTest = 30)]
    public void Steps_ByOperatorsUnderAMask_AgreeWithThePassOverMemory(int seed)
    {
        var c = new StepCase(seed);
        AssertClose(Outcome(c, withMasks: true), Outcome(c, withMasks: true, operators: true));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Steps_AnyWidthAndNumberOfThreads_HaveTheSameBits(int width)
    {
        var before = get_num_threads();
        try
        {
            for (var seed = 0; seed < 3; seed++)
            {
                var c = new StepCase(seed, large: true);
                foreach (var withMasks in new[] { false, true })
                {
                    set_num_threads(1);
                    var expected = Outcome(c, withMasks, width: VectorWidth.Scalar, steps: 3);
                    foreach (var threads in new[] { 1, 2, 3 })
                    {
                        set_num_threads(threads);
                        Assert.Equal(expected, Outcome(c, withMasks, width: (VectorWidth)width, steps: 3));
                    }
                }
            }
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Property(MaxTest = 30)]
    public void State_CopiedPutBackAndReset_GoesOnAsItShould(int seed)
    {
        var c = new StepCase(seed);
        var straight = Outcome(c, steps: 8);
        var parameters = c.Parameters();
        using var optimizer = c.Optimizer(parameters);
        var live = new LiveOptimizer(optimizer);
        c.Run(parameters, optimizer, 4);
        var (weights, state) = (parameters.Select(p => p.detach().clone()).ToList(), live.Capture());
        c.Run(parameters, optimizer, 4, from: 4);
        Assert.Equal(straight, StepCase.Everything(parameters, optimizer));
        Put();
        live.Restore(state);
        c.Run(parameters, optimizer, 4, from: 4);
        Assert.Equal(straight, StepCase.Everything(parameters, optimizer));

        Put();
        live.Reset();
        c.Run(parameters, optimizer, 4, from: 4);
        var fresh = c.Parameters();
        foreach (var (parameter, value) in fresh.Zip(weights))
        {
            using var guard = no_grad();
            parameter.copy_(value);
        }

        using var other = c.Optimizer(fresh);
        c.Run(fresh, other, 4, from: 4);
        Assert.Equal(StepCase.Everything(fresh, other), StepCase.Everything(parameters, optimizer));

        void Put()
        {
            using var guard = no_grad();
            parameters.Zip(weights).ToList().ForEach(p => p.First.copy_(p.Second));
        }
    }

    [Fact]
    public void Steps_WhileTheCollectorMovesThings_HaveTheSameBits()
    {
        // They lie before the masks: as they go, bit by bit, every collection that compacts moves the masks.
        var garbage = Enumerable.Range(0, 100_000).Select(_ => new byte[1_000]).ToList();
        var c = new StepCase(3, large: true);
        var expected = Steps();
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                garbage.RemoveRange(0, Math.Min(1_000, garbage.Count));
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);

                // Without a pause the steps would hardly ever have their turn.
                Thread.SpinWait(20_000);
            }
        });
        collector.Start();
        var actual = Steps();
        stop.Cancel();
        collector.Join();
        Assert.Equal(expected, actual);

        double[] Steps()
        {
            var parameters = c.Parameters();
            using var optimizer = c.Optimizer(parameters);
            using var masks = c.Live(parameters, optimizer);
            ((IMaskedOptimizer)optimizer).Follow(masks);
            c.SetGradients(parameters, step: 0);
            for (var step = 0; step < 5_000; step++)
            {
                optimizer.step();
            }

            return StepCase.Everything(parameters, optimizer);
        }
    }

    private static double[] Outcome(StepCase c, bool withMasks = false, bool isPlain = false, bool operators = false, VectorWidth? width = null, ScalarType type = ScalarType.Float32, int steps = 8)
    {
        var parameters = c.Parameters(type);
        using var optimizer = c.Optimizer(parameters, isPlain);
        StepCase.Compute(optimizer, width, operators);
        using var masks = withMasks ? c.Live(parameters, optimizer) : null;
        if (masks is not null)
        {
            ((IMaskedOptimizer)optimizer).Follow(masks);
        }

        c.Run(parameters, optimizer, steps);
        return StepCase.Everything(parameters, optimizer);
    }

    /// <summary>Eight steps of numbers around 1 with fused and unfused roundings: a few units in the last place of the largest.</summary>
    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                (double.IsNaN(expected[i]) && double.IsNaN(actual[i])) || Math.Abs(expected[i] - actual[i]) <= 8 * 1.2e-7 * (1 + Math.Abs(expected[i])),
                $"{i}: {expected[i]:R} became {actual[i]:R}");
        }
    }

    private static double[] Gradient(Parameter parameter)
    {
        using var gradient = parameter.grad;
        return gradient is null ? [] : StepCase.Values(gradient);
    }
}
