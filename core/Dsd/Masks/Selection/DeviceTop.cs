using System.Runtime.InteropServices;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Exact top-k of 32-bit floats on one GPU, over one tensor or several together: the masks of <see cref="TopSelection"/>, bit for bit, without copying weights to the CPU.</summary>
/// <param name="launch">Runs a kernel of the text.</param>
/// <param name="threads">The threads of a block. Default 256.</param>
internal sealed unsafe class DeviceTop(KernelLaunch launch, int threads = 256)
{
    /// <summary>The most tensors of one ranking.</summary>
    public const int MostRows = 96;

    private const int BlockLength = 16_384;
    private const int Bins = 2048;
    private const int Digits = 3;
    private const int StateBytes = 24;
    private static readonly TriedKernels<DeviceTop> s_tried = new(CudaText.Read(typeof(DeviceTop), "DeviceTop.cu"), launch => new(launch), (top, device) => top.IsRight(device), "the kernels do not choose as the CPU does");

    /// <summary>The kernels in CUDA C++.</summary>
    public static string Text { get; } = CudaText.Read(typeof(DeviceTop), "DeviceTop.cu");

    /// <summary>Returns the selection of a device; null on a CPU and where its kernels cannot be used.</summary>
    public static DeviceTop? Of(Device device) => device.type == DeviceType.CUDA ? s_tried.On(device).Kernels : null;

    /// <summary>Says where masks of a GPU's weights are chosen, e.g. <c>"masks chosen there"</c>.</summary>
    public static string Describe(Device device) => s_tried.On(device).Problem is { } problem ? $"masks chosen on the CPU: {problem}" : "masks chosen there";

    /// <summary>Chooses the masks of one ranking.</summary>
    /// <param name="values">Contiguous 32-bit floats on the device, at most <see cref="MostRows"/> tensors.</param>
    /// <param name="keep">The number of values to keep in all.</param>
    /// <param name="isScore">True if signs matter, false to rank by magnitude.</param>
    /// <returns>A mask for each tensor; null if a value is NaN or infinite.</returns>
    public BitMask[]? Choose(Tensor[] values, long keep, bool isScore)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        if (keep == 0)
        {
            // The threshold would be above every key; NaN is still found.
            return values.All(v => v.isfinite().all().item<bool>()) ? Array.ConvertAll(values, v => new BitMask(new ulong[(v.numel() + 63) >> 6], v.numel(), 0)) : null;
        }

        var device = values[0].device;
        var words = Array.ConvertAll(values, v => empty((v.numel() + 63) >> 6, ScalarType.Int64, device));
        var rows = new Rows { Count = values.Length };
        var blocks = 0L;
        for (var i = 0; i < values.Length; i++)
        {
            rows.FirstBlock[i] = blocks;
            ((Row*)rows.Row)[i] = new((uint*)TensorMemory.Of(values[i]), (ulong*)TensorMemory.Of(words[i]), values[i].numel());
            blocks += (values[i].numel() + BlockLength - 1) / BlockLength;
        }

        var grid = checked((int)blocks);
        using var state = tensor([keep, 0L, 0L], ScalarType.Int64, device);
        using var bins = zeros(Bins, ScalarType.Int64, device);
        using var counts = empty(grid, ScalarType.Int32, device);
        void* stateAt = TensorMemory.Of(state), binsAt = TensorMemory.Of(bins), countsAt = TensorMemory.Of(counts);
        var byScore = isScore ? 1 : 0;
        for (var digit = 0; digit < Digits; digit++)
        {
            Launch("histogram", grid, [&rows, &byScore, &digit, &stateAt, &binsAt]);
            Launch("choose", 1, [&digit, &stateAt, &binsAt]);
        }

        Launch("ties", grid, [&rows, &byScore, &stateAt, &countsAt]);
        Launch("scan", 1, [&grid, &stateAt, &countsAt]);
        Launch("mark", grid, [&rows, &byScore, &stateAt, &countsAt]);
        using var after = state.cpu();
        return MemoryMarshal.Cast<byte, uint>(after.bytes)[(StateBytes / sizeof(uint)) - 1] != 0 ? null : Array.ConvertAll([.. values.Zip(words)], p => Mask(p.Second, p.First.numel()));
    }

    /// <summary>Tries the kernels on some values, with ties: they must give the masks of the CPU.</summary>
    internal bool IsRight(Device device)
    {
        const int count = 40_000;
        var random = new CounterRandom(2);
        using var scope = NewDisposeScope();
        var values = tensor(Array.ConvertAll(Enumerable.Range(0, count).ToArray(), i => (float)(Math.Round(1000 * random.Uniform(i)) - 500)));
        foreach (var (keep, isScore) in ((long, bool)[])[(1, false), (20_000, false), (39_999, true), (count, true)])
        {
            BitMask expected = isScore
                ? TopSelection.Choose<ScoreKeys<uint>, uint>(new((uint*)TensorMemory.Of(values), count, WeightBits.Highest32), keep)
                : TopSelection.Choose<MagnitudeKeys<uint>, uint>(new((uint*)TensorMemory.Of(values), count, WeightBits.Highest32), keep);
            if (Choose([values.to(device)], keep, isScore) is not [var mask] || !mask.Equals(expected))
            {
                return false;
            }
        }

        return true;
    }

    private static BitMask Mask(Tensor words, long count)
    {
        using var here = words.cpu();
        return new(MemoryMarshal.Cast<byte, ulong>(here.bytes).ToArray(), count);
    }

    private void Launch(string kernel, int blocks, void*[] arguments)
    {
        fixed (void** pointers = arguments)
        {
            launch(kernel, blocks, threads, pointers);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Row(uint* values, ulong* words, long count)
    {
        private readonly uint* _values = values;
        private readonly ulong* _words = words;
        private readonly long _count = count;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Rows
    {
        public long Count;
        public fixed long FirstBlock[MostRows];
        public fixed long Row[3 * MostRows];
    }
}
