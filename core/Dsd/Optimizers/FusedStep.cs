using System.Runtime.InteropServices;
using Dsd.Masks;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>The optimiser's step on one GPU: weights, state and masks of up to 64 parameters in one kernel, with the bits of a step on the CPU.</summary>
/// <param name="launch">Runs a kernel of the text.</param>
internal sealed unsafe class FusedStep(KernelLaunch launch)
{
    /// <summary>The most parameters of one kernel.</summary>
    public const int MostRows = 64;

    /// <summary>The weights of one block of threads.</summary>
    public const int BlockLength = 2048;

    /// <summary>The most constants of an update rule.</summary>
    public const int MostConstants = 12;

    private const int Threads = 256;
    private const int TrialWeights = 5000;
    private static readonly TriedKernels<FusedStep> s_tried = new(CudaText.Read(typeof(FusedStep), "MaskedStep.cu"), launch => new(launch), (step, device) => step.IsRight(device), "the kernels do not give the results of the CPU");

    /// <summary>The kernels in CUDA C++.</summary>
    public static string Text { get; } = CudaText.Read(typeof(FusedStep), "MaskedStep.cu");

    /// <summary>The fused step of the CPU, which has none unless kernels are tried there.</summary>
    internal static AsyncLocal<FusedStep?> OfCpu { get; } = new();

    /// <summary>Returns the fused step of a device; null on a CPU and where it cannot be used.</summary>
    public static FusedStep? Of(Device device) => device.type == DeviceType.CUDA ? s_tried.On(device).Kernels : OfCpu.Value;

    /// <summary>Says how optimisers step on a GPU, e.g. <c>"fused steps"</c>.</summary>
    public static string Describe(Device device) => s_tried.On(device) is { Problem: { } problem } ? $"steps by operators: {problem}" : "fused steps";

    /// <summary>Runs one kernel.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="constants">The constants of the update rule.</param>
    /// <param name="rows">The parameters, at most <see cref="MostRows"/>.</param>
    /// <param name="later">The constants on the device that are read instead, when the kernel runs. Default null: none.</param>
    public void Run(string kernel, ReadOnlySpan<float> constants, ReadOnlySpan<Row> rows, float* later = null)
    {
        var arguments = new Rows { Count = rows.Length };
        var blocks = 0L;
        for (var i = 0; i < rows.Length; i++)
        {
            arguments.FirstBlock[i] = blocks;
            ((Row*)arguments.Row)[i] = rows[i];
            blocks += (rows[i].Count + BlockLength - 1) / BlockLength;
        }

        if (blocks == 0)
        {
            return;
        }

        var values = stackalloc float[MostConstants];
        constants.CopyTo(new Span<float>(values, MostConstants));
        void** pointers = stackalloc void*[3];
        pointers[0] = &arguments;
        pointers[1] = values;
        pointers[2] = &later;
        launch(kernel, checked((int)blocks), Threads, pointers);
    }

    /// <summary>Stores constants on the device, in order with its other work.</summary>
    public void Store(ReadOnlySpan<float> constants, float* to)
    {
        var values = stackalloc float[MostConstants];
        constants.CopyTo(new Span<float>(values, MostConstants));
        void** pointers = stackalloc void*[2];
        pointers[0] = values;
        pointers[1] = &to;
        launch("store", 1, MostConstants, pointers);
    }

    /// <summary>Tries the kernels on some weights: they must have the bits of the CPU.</summary>
    internal bool IsRight(Device device)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return IsRight(new SgdRule(0.1, 0.9, 0, 1e-4, nesterov: true, isFirst: false), device) && IsRight(new AdamRule(0.001, 0.9, 0.999, 1e-8, 0.01, decoupled: true, 3), device);
    }

    private bool IsRight<TRule>(TRule rule, Device device)
        where TRule : struct, IStepRule
    {
        var random = new CounterRandom(1);
        Tensor Values(int from) => tensor(Array.ConvertAll(Enumerable.Range(from, TrialWeights).ToArray(), i => (float)random.Uniform(i)));
        Tensor[] here = [Values(0), Values(TrialWeights), Values(2 * TrialWeights), Values(3 * TrialWeights)];
        var there = Array.ConvertAll(here, t => t.to(device).clone());
        var mask = new BitMask([.. Enumerable.Range(0, (TrialWeights + 63) / 64).Select(i => random.Bits(i) & ((i + 1) * 64 <= TrialWeights ? ulong.MaxValue : (1UL << (TrialWeights % 64)) - 1))], TrialWeights);
        var words = mask.On(device);
        Span<float> constants = stackalloc float[MostConstants];
        rule.Constants(constants);
        Run(rule.Kernel, constants, [new((float*)TensorMemory.Of(there[0]), (float*)TensorMemory.Of(there[1]), (float*)TensorMemory.Of(there[2]), (float*)TensorMemory.Of(there[3]), words.Address, TrialWeights)]);
        GC.KeepAlive(words);
        float* weight = (float*)TensorMemory.Of(here[0]), gradient = (float*)TensorMemory.Of(here[1]), first = (float*)TensorMemory.Of(here[2]), second = (float*)TensorMemory.Of(here[3]);
        for (var i = 0; i < TrialWeights; i++)
        {
            var kept = Lanes32.Kept(mask[i] ? 1UL : 0);
            var (a, b) = (Lanes32.Load(first + i), Lanes32.Load(second + i));
            (rule.Move(Lanes32.Load(weight + i), Lanes32.Load(gradient + i) & kept, ref a, ref b) & kept).Store(weight + i);
            (a & (kept | Lanes32.NotTiny(a))).Store(first + i);
            (rule.States > 1 ? b & (kept | Lanes32.NotTiny(b)) : b).Store(second + i);
        }

        return here.Zip(there).All(p =>
        {
            using var copy = p.Second.cpu();
            return p.First.bytes.SequenceEqual(copy.bytes);
        });
    }

    /// <summary>One parameter: the addresses of its weights, gradients, states and mask on the device.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Row(float* weight, float* gradient, float* first, float* second, ulong* mask, long count)
    {
        private readonly float* _weight = weight;
        private readonly float* _gradient = gradient;
        private readonly float* _first = first;
        private readonly float* _second = second;
        private readonly ulong* _mask = mask;

        /// <summary>The number of weights.</summary>
        public readonly long Count = count;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Rows
    {
        public long Count;
        public fixed long FirstBlock[MostRows];
        public fixed long Row[6 * MostRows];
    }
}
