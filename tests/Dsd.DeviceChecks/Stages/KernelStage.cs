using System.Diagnostics;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>The kernels that Dsd compiles for a GPU: whether they have the bits of the CPU, and what they cost beside the memory they move.</summary>
internal sealed class KernelStage : IStage
{
    private const int Rounds = 20;
    private const int Turns = 5;

    public string Name => "kernels";

    public string Summary => "fused optimiser steps and top-k have the bits of the CPU; their time beside that of sum()";

    public int LimitSeconds => 60;

    public void Run(StageContext context)
    {
        if (context.IsOnCuda)
        {
            context.Require("optimisers", FusedStep.Of(context.Device) is not null, FusedStep.Describe(context.Device));
            context.Require("top-k", DeviceTop.Of(context.Device) is not null, DeviceTop.Describe(context.Device));
        }
        else
        {
            context.Say("kernels", "none on the CPU, where the tests run their text; what follows is one pass over memory");
        }

        Step(context, "46 M weights", [context.Pick(46_000_000, 1_000_000)]);
        Step(context, "LeNet-5", [500, 20, 25_000, 50, 400_000, 500, 5000, 10]);
        Top(context, context.Pick(1_000_000, 100_000));
        Top(context, context.Pick(25_000_000, 300_000));
        Top(context, context.Pick(102_800_000, 1_000_000));
        Layers(context);
    }

    private static void Step(StageContext context, string name, long[] sizes)
    {
        using var scope = NewDisposeScope();
        var (dense, masks) = Optimizer(context, sizes, isSparse: false);
        var (sparse, sparseMasks) = Optimizer(context, sizes, isSparse: true);

        // By turns, so that both meet the same clock of the GPU.
        var (denseTimes, sparseTimes) = (new List<double>(), new List<double>());
        for (var i = 0; i < Turns; i++)
        {
            denseTimes.Add(Milliseconds(context, () => dense.step()));
            sparseTimes.Add(Milliseconds(context, () => sparse.step()));
        }

        var values = randn(sizes.Sum(), device: context.Device);
        var copy = Milliseconds(context, () => values.clone().Dispose());
        var (denseTime, sparseTime) = (Median(denseTimes), Median(sparseTimes));
        context.Measure($"SGD step of {name}, dense", denseTime, "ms");
        context.Measure($"SGD step of {name}, sparse", sparseTime, "ms", FormattableString.Invariant($"{sparseTime / denseTime:0.000} of the dense one, by turns; half of the weights are kept"));
        context.Measure($"a copy of {name}", copy, "ms", FormattableString.Invariant($"the step moves 2.5 times its bytes: {sparseTime / (2.5 * copy):0.00} of the time that takes"));
        dense.Dispose();
        sparse.Dispose();
        masks.Dispose();
        sparseMasks.Dispose();
    }

    private static (MaskedSgd Optimizer, MaskSet Masks) Optimizer(StageContext context, long[] sizes, bool isSparse)
    {
        var parameters = Array.ConvertAll(sizes, n => new Parameter(randn(n, device: context.Device)) { grad = randn(n, device: context.Device) });
        var optimizer = new MaskedSgd(parameters, 0.001, 0.9, weightDecay: 1e-4);
        var masks = new MaskSet(parameters.Select((p, i) => (p, i)).ToDictionary(p => $"w{p.i}", p => p.p), new LiveOptimizer(optimizer), MaskMethods.None, 1);
        ((IMaskedOptimizer)optimizer).Follow(masks);
        if (isSparse)
        {
            masks.Restore(new MaskSetState(parameters.Select((p, i) => (p, i)).ToDictionary(p => $"w{p.i}", p => BitMask.Of(rand(p.p.numel(), device: context.Device).gt(0.5))), [], []));
            masks.ApplyToWeights();
        }

        return (optimizer, masks);
    }

    private static void Top(StageContext context, long count)
    {
        using var scope = NewDisposeScope();
        var values = randn(count, device: context.Device);
        var layer = new MaskContext("w", values);
        var sum = Milliseconds(context, () => values.sum().Dispose());
        var chosen = MillisecondsOfMasks(context, () => MaskSet.Choose(layer, new Sparsity(0.5)));
        var read = MillisecondsOfMasks(context, () => MaskSet.Choose(layer, new Sparsity(0.5)).Words.Length);
        context.Measure($"sum() of {count:N0} weights", sum, "ms");
        context.Measure($"a mask of {count:N0} weights", chosen, "ms", FormattableString.Invariant($"{chosen / sum:0.0} times sum(); the mask stays on the device"));
        context.Measure($"a mask of {count:N0} weights, read on the host", read, "ms", FormattableString.Invariant($"{read / sum:0.0} times sum()"));
    }

    private static void Layers(StageContext context)
    {
        using var scope = NewDisposeScope();
        var layers = ResNet50().Select(n => randn(n, device: context.Device)).ToList();
        ScoreGroup[] groups = [.. layers.Select((w, i) => new ScoreGroup([new WeightScores($"w{i}", "holds", w, null, true, w.numel())], w.numel() / 2, false))];
        var sum = Milliseconds(context, () => layers.ForEach(w => w.sum().Dispose()));
        var chosen = MillisecondsOfMasks(context, () => ScoreGroup.Rank(groups).Count);
        var read = MillisecondsOfMasks(context, () => ScoreGroup.Rank(groups).Values.Sum(m => m.Words.Length));
        context.Measure("sum() of each layer of ResNet-50", sum, "ms", $"{layers.Count} layers, {layers.Sum(w => w.numel()):N0} weights");
        context.Measure("masks of ResNet-50, layer by layer", chosen, "ms", FormattableString.Invariant($"{chosen / sum:0.0} times these sums; the masks stay on the device"));
        context.Measure("masks of ResNet-50, read on the host", read, "ms", FormattableString.Invariant($"{read / sum:0.0} times these sums"));
    }

    /// <summary>The sizes of ResNet-50's weights.</summary>
    private static IEnumerable<long> ResNet50()
    {
        yield return 64 * 3 * 49;
        var inputs = 64L;
        foreach (var (planes, blocks) in ((long, int)[])[(64, 3), (128, 4), (256, 6), (512, 3)])
        {
            for (var i = 0; i < blocks; i++)
            {
                yield return inputs * planes;
                yield return planes * planes * 9;
                yield return planes * planes * 4;
                if (i == 0)
                {
                    yield return inputs * planes * 4;
                }

                inputs = planes * 4;
            }
        }

        yield return 2048 * 1000;
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>The time of a choice of masks; those of the round before are gone by then, as those that a training run replaces are.</summary>
    private static double MillisecondsOfMasks<T>(StageContext context, Func<T> choose)
    {
        var times = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            context.Synchronize();
            var clock = Stopwatch.StartNew();
            _ = choose();
            context.Synchronize();
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return Median(times);
    }

    private static double Milliseconds(StageContext context, Action action)
    {
        action();
        action();
        context.Synchronize();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Rounds; i++)
        {
            action();
        }

        context.Synchronize();
        return clock.Elapsed.TotalMilliseconds / Rounds;
    }
}
