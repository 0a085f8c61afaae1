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

        Step(context, context.Pick(46_000_000, 1_000_000));
        Top(context, context.Pick(102_800_000, 1_000_000));
    }

    private static void Step(StageContext context, long count)
    {
        using var scope = NewDisposeScope();
        var weights = new Parameter(randn(count, device: context.Device)) { grad = randn(count, device: context.Device) };
        using var optimizer = new MaskedSgd(new[] { weights }, 0.001, 0.9, weightDecay: 1e-4);
        using var masks = new MaskSet(new Dictionary<string, Parameter> { ["w"] = weights }, new LiveOptimizer(optimizer), MaskMethods.None, 1);
        ((IMaskedOptimizer)optimizer).Follow(masks);
        var dense = Milliseconds(context, () => optimizer.step());
        masks.Restore(new MaskSetState(new() { ["w"] = BitMask.Of(rand(count, device: context.Device).gt(0.5)) }, [], []));
        masks.ApplyToWeights();
        var sparse = Milliseconds(context, () => optimizer.step());
        var copy = Milliseconds(context, () => weights.detach().clone().Dispose());
        context.Measure($"SGD step of {count:N0} weights, dense", dense, "ms");
        context.Measure($"SGD step of {count:N0} weights, sparse", sparse, "ms", FormattableString.Invariant($"{sparse / dense:0.000} of the dense one; the masks are {(masks.Masks["w"].Kept * 100.0) / count:0} % kept"));
        context.Measure("a copy of the weights", copy, "ms", FormattableString.Invariant($"the step moves 2.5 times its bytes: {sparse / (2.5 * copy):0.00} of the time that takes"));
    }

    private static void Top(StageContext context, long count)
    {
        using var scope = NewDisposeScope();
        var values = randn(count, device: context.Device);
        var layer = new MaskContext("w", values);
        var sum = Milliseconds(context, () => values.sum().Dispose());
        var chosen = Milliseconds(context, () => MaskSet.Choose(layer, new Sparsity(0.5)));
        context.Measure($"sum() of {count:N0} weights", sum, "ms");
        context.Measure($"a mask of {count:N0} weights", chosen, "ms", FormattableString.Invariant($"{chosen / sum:0.0} times sum(){(context.IsOnCuda ? ", with the copy of the mask to the host" : "")}"));
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
