using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Tests.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Optimizers;

/// <summary>The step's kernels for GPUs, whose text is run here on the CPU: they have the bits of the CPU's pass.</summary>
public sealed unsafe class FusedStepTests
{
    public static TheoryData<string> Optimizers => [.. s_optimizers.Keys];

    private static readonly Dictionary<string, Func<IEnumerable<Parameter>, optim.Optimizer>> s_optimizers = new()
    {
        ["sgd"] = p => new MaskedSgd(p, 0.1),
        ["sgd with decay"] = p => new MaskedSgd(p, 0.1, weightDecay: 0.01),
        ["sgd with momentum"] = p => new MaskedSgd(p, 0.1, 0.9, weightDecay: 0.01),
        ["sgd with dampening"] = p => new MaskedSgd(p, 0.1, 0.9, 0.5),
        ["sgd by nesterov"] = p => new MaskedSgd(p, 0.1, 0.9, nesterov: true),
        ["adam"] = p => new MaskedAdam(p, 0.01, weightDecay: 0.1),
        ["adamw"] = p => new MaskedAdamW(p, 0.01),
    };

    [SkippableTheory]
    [MemberData(nameof(Optimizers))]
    public void Step_ByKernels_HasTheBitsOfTheCpu(string name)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var launches = 0;
        var (expected, _) = Train(s_optimizers[name], null, []);

        var (actual, masked) = Train(s_optimizers[name], new FusedStep(Counted), []);

        Assert.Equal(12, launches);
        Assert.True(masked > 0);
        foreach (var (a, b) in expected.Zip(actual))
        {
            Assert.True(a.bytes.SequenceEqual(b.bytes));
        }

        void Counted(string kernel, int blocks, int threads, void** arguments)
        {
            launches++;
            StepKernelsOnCpu.Launch(kernel, blocks, threads, arguments);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Optimizers))]
    public void Renew_AndLaunch_AreAStep(string name)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var recordings = new List<int>();
        var (expected, _) = Train(s_optimizers[name], null, []);

        var (actual, _) = Train(s_optimizers[name], StepKernelsOnCpu.Fused(), [], step: (optimizer, t) =>
        {
            // The first step makes state; from then on what is recorded repeats until masks change.
            if (t == 0)
            {
                optimizer.step();
                return;
            }

            var replayed = (IRecordableOptimizer)optimizer;
            if (!replayed.Renew())
            {
                recordings.Add(t);
            }

            replayed.LaunchRenewed();
        });

        Assert.Equal([1, 5], recordings);
        Assert.All(expected.Zip(actual), p => Assert.True(p.First.bytes.SequenceEqual(p.Second.bytes)));
    }

    [SkippableFact]
    public void Step_OfMoreParametersThanAKernelTakes_MovesAll()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        long[] sizes = [.. Enumerable.Range(1, 150).Select(i => (long)i)];

        var (actual, _) = Train(s_optimizers["sgd with momentum"], StepKernelsOnCpu.Fused(), sizes);

        Assert.All(Train(s_optimizers["sgd with momentum"], null, sizes).Weights.Zip(actual), p => Assert.True(p.First.bytes.SequenceEqual(p.Second.bytes)));
    }

    [SkippableTheory]
    [InlineData("sgd by nesterov")]
    [InlineData("adam")]
    public void Step_OfMemoryThatBeginsBetweenFours_HasTheBitsOfTheCpu(string name)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var (expected, _) = Train(s_optimizers[name], null, [3, 2047, 2050, 6001], offset: 1);

        var (actual, masked) = Train(s_optimizers[name], StepKernelsOnCpu.Fused(), [3, 2047, 2050, 6001], offset: 1);

        Assert.True(masked > 0);
        Assert.All(expected.Zip(actual), p => Assert.True(p.First.bytes.SequenceEqual(p.Second.bytes)));
    }

    [SkippableFact]
    public void IsRight_KernelsThatDoNotHaveTheBits_AreFound()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        Assert.True(StepKernelsOnCpu.Fused().IsRight(CPU));

        using var wrong = new KernelsOnCpu(FusedStep.Text.Replace("__fmul_rn(decay, weight)", "__fmul_rn(decay, 1.0001f * weight)", StringComparison.Ordinal), StepKernelsOnCpu.Runs);
        Assert.False(new FusedStep(wrong.Launch).IsRight(CPU));
    }

    [Fact]
    public void Of_ACpu_IsNone() => Assert.Null(FusedStep.Of(CPU));


    /// <summary>Steps on random gradients, first dense and then under masks, with state that fades; returns the weights.</summary>
    private static (Tensor[] Weights, long Masked) Train(Func<IEnumerable<Parameter>, optim.Optimizer> create, FusedStep? fused, long[] sizes, Action<optim.Optimizer, int>? step = null, long offset = 0)
    {
        sizes = sizes.Length > 0 ? sizes : [1, 63, 64, 65, 4096, 4097, 10_000];
        var random = new CounterRandom(7);
        var parameters = sizes.Select((n, i) => new Parameter((Values(n + offset, i) - 0.5).narrow(0, offset, n))).ToArray();
        var optimizer = create(parameters);
        switch (optimizer)
        {
            case MaskedSgd sgd:
                sgd.Pass.FusedOn = _ => fused;
                break;
            case MaskedAdam adam:
                adam.Pass.FusedOn = _ => fused;
                break;
            case MaskedAdamW adamW:
                adamW.Pass.FusedOn = _ => fused;
                break;
        }

        var live = new MaskSet(parameters.Select((p, i) => (p, i)).ToDictionary(p => $"p{p.i}", p => p.p), new LiveOptimizer(optimizer), MaskMethods.None, 1);
        ((IMaskedOptimizer)optimizer).Follow(live);
        for (var t = 0; t < 12; t++)
        {
            if (t == 5)
            {
                live.Restore(new MaskSetState(parameters.Select((p, i) => (p, i)).Where(p => p.i % 3 != 0).ToDictionary(p => $"p{p.i}", p => Mask(p.p.numel(), p.i)), [], []));
                live.ApplyToWeights();
            }

            for (var i = 0; i < parameters.Length; i++)
            {
                parameters[i].grad = Values(sizes[i], (t * 1000) + i) - 0.5;
            }

            (step ?? ((o, _) => o.step()))(optimizer, t);
        }

        return ([.. parameters.Select(p => p.detach().clone()), .. new LiveOptimizer(optimizer).Capture().SelectMany(s => s.Fields.Values).OfType<Tensor>()], live.Masks.Values.Sum(m => m.Count - m.Kept));

        Tensor Values(long count, long stream) => tensor(Array.ConvertAll(Enumerable.Range(0, (int)count).ToArray(), i => (float)random.Uniform((stream << 20) + i)));

        BitMask Mask(long count, int stream) => BitMask.Of(Values(count, 5_000_000 + stream).gt(0.5));
    }
}
