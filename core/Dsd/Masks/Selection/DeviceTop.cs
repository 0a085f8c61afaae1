using System.Runtime.InteropServices;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Exact top-k of 32-bit floats on one GPU, for many rankings in the same few kernels: the masks of <see cref="TopSelection"/>, bit for bit, without copying weights or masks to the CPU.</summary>
/// <param name="launch">Runs a kernel of the text.</param>
/// <param name="threads">The threads of a block, a multiple of 32. Default 256.</param>
internal sealed unsafe class DeviceTop(KernelLaunch launch, int threads = 256)
{
    /// <summary>The most values of one ranking: ties are counted in 32 bits.</summary>
    public const long MostValues = uint.MaxValue;

    private const int BlockLength = 16_384;
    private const int Bins = 2048;
    private const int Digits = 3;
    private const int SampledAThread = 16;
    private const int MostThreads = 1024;
    private const double GatheredShare = 7;
    private const int GatheredAtLeast = 4096;
    private const int TrialOfSorted = 300_000;
    private static readonly TriedKernels<DeviceTop> s_tried = new(CudaText.Read(typeof(DeviceTop), "DeviceTop.cu"), launch => new(launch), (top, device) => top.IsRight(device), "the kernels do not choose as the CPU does");

    private readonly int _sampleThreads = Math.Min(MostThreads, 4 * threads);

    /// <summary>The kernels in CUDA C++.</summary>
    public static string Text { get; } = CudaText.Read(typeof(DeviceTop), "DeviceTop.cu");

    /// <summary>Returns the selection of a device; null on a CPU and where its kernels cannot be used.</summary>
    public static DeviceTop? Of(Device device) => device.type == DeviceType.CUDA ? s_tried.On(device).Kernels : null;

    /// <summary>Says where masks of a GPU's weights are chosen, e.g. <c>"masks chosen there"</c>.</summary>
    public static string Describe(Device device) => s_tried.On(device).Problem is { } problem ? $"masks chosen on the CPU: {problem}" : "masks chosen there";

    /// <summary>Chooses the masks of rankings.</summary>
    /// <param name="rankings">The rankings, all on one device.</param>
    /// <param name="shift">How far the sample's ranks are wrong, as a fraction of it: in trials of what happens then. Default 0.</param>
    /// <returns>A mask for each tensor of each ranking, whose words stay on the device; null for a ranking in which a value is NaN or infinite.</returns>
    public BitMask[]?[] Choose(IReadOnlyList<DeviceRanking> rankings, double shift = 0)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Tensor[] values = [.. rankings.SelectMany(r => r.Values)];
        long[] counts = Array.ConvertAll(values, v => v.numel());
        var device = values[0].device;
        var words = empty(counts.Sum(c => sizeof(ulong) * (long)BitMask.WordsFor(c)), ScalarType.Byte, device).DetachFromDisposeScope();

        // One tensor holds all that kernels share, and one more what they are given and give back.
        var table = new long[(sizeof(Row) / sizeof(long) * values.Length) + (sizeof(Group) / sizeof(long) * rankings.Count) + values.Length];
        var rows = MemoryMarshal.Cast<long, Row>(table.AsSpan(0, sizeof(Row) / sizeof(long) * values.Length));
        var groups = MemoryMarshal.Cast<long, Group>(table.AsSpan(sizeof(Row) / sizeof(long) * values.Length, sizeof(Group) / sizeof(long) * rankings.Count));
        var kept = table.AsSpan(table.Length - values.Length);
        var (row, block, word) = (0, 0L, 0L);
        for (var g = 0; g < groups.Length; g++)
        {
            ref var group = ref groups[g];
            group = new() { Keep = rankings[g].Keep, FirstRow = row, Rows = rankings[g].Values.Length, FirstBlock = block, IsScore = rankings[g].IsScore ? 1u : 0 };
            for (; row < group.FirstRow + group.Rows; row++)
            {
                rows[row] = new() { Values = TensorMemory.Of(values[row]), Words = (ulong*)TensorMemory.Of(words) + word, Count = counts[row], FirstValue = group.Count, FirstBlock = block, Group = g };
                group.Count += counts[row];
                block += (counts[row] + BlockLength - 1) / BlockLength;
                word += BitMask.WordsFor(counts[row]);
            }

            group.Blocks = block - group.FirstBlock;
            group.Capacity = Math.Min(group.Count, GatheredAtLeast + (long)(group.Count * GatheredShare / Math.Sqrt(_sampleThreads * SampledAThread)));
        }

        long binsLength = (long)Bins * groups.Length, countsLength = (block + 1) / 2, gatheredLength = 0L;
        foreach (var group in groups)
        {
            gatheredLength += (group.Capacity + 1) / 2;
        }

        var scratch = empty(binsLength + countsLength + gatheredLength, ScalarType.Int64, device);
        var gathered = (long*)TensorMemory.Of(scratch) + binsLength + countsLength;
        foreach (ref var group in groups)
        {
            group.Gathered = gathered;
            gathered += (group.Capacity + 1) / 2;
        }

        var there = tensor(table, ScalarType.Int64, device);
        var work = new Work { Rows = TensorMemory.Of(there), Bins = TensorMemory.Of(scratch), RowCount = rows.Length, Shift = shift };
        work.Groups = (Row*)work.Rows + rows.Length;
        work.Kept = (Group*)work.Groups + groups.Length;
        work.Counts = (long*)work.Bins + binsLength;
        var grid = checked((int)block);
        Launch("sample", groups.Length, _sampleThreads, &work);
        Launch("gather", grid, threads, &work);
        for (var digit = 0; digit < Digits; digit++)
        {
            Launch("digit", grid, threads, &work);
        }

        Launch("mark", grid, threads, &work);
        Launch("settle", grid, threads, &work);
        MemoryMarshal.Cast<byte, long>(there.cpu().bytes).CopyTo(table);
        GC.KeepAlive(values);
        var masks = new BitMask[]?[groups.Length];
        (row, word) = (0, 0);
        for (var g = 0; g < groups.Length; g++)
        {
            masks[g] = groups[g].Bad == 0 ? new BitMask[groups[g].Rows] : null;
            for (var i = 0; i < groups[g].Rows; i++, row++)
            {
                var length = BitMask.WordsFor(counts[row]);
                if (masks[g] is { } chosen)
                {
                    chosen[i] = new(new DeviceWords(words, word, length), counts[row], kept[row]);
                }

                word += length;
            }
        }

        return masks;
    }

    /// <summary>Tries the kernels on some values, with ties and where the sample misleads: they must give the masks of the CPU.</summary>
    internal bool IsRight(Device device)
    {
        const int count = 40_000;
        var random = new CounterRandom(2);
        using var scope = NewDisposeScope();
        Tensor[] here =
        [
            tensor(Array.ConvertAll(Enumerable.Range(0, count).ToArray(), i => (float)random.Uniform(i) - 0.4f)),
            tensor(Array.ConvertAll(Enumerable.Range(0, count).ToArray(), i => (float)(Math.Round(20 * random.Uniform(i)) - 10))),
            arange(TrialOfSorted, ScalarType.Float32),
        ];
        var there = Array.ConvertAll(here, t => t.to(device));
        long[] keeps = [0, 1, count / 3, count - 1];
        foreach (var (isScore, shift) in ((bool, double)[])[(false, 0), (true, 0), (false, 0.3), (true, -0.3)])
        {
            // Sorted values fill blocks with what is expected to be rare; a wrong rank makes all values be searched.
            var cases = keeps.SelectMany(k => ((int Values, long Keep)[])[(0, k), (1, k)]).Concat(isScore || shift != 0 ? [] : [(2, TrialOfSorted / 3)]).ToList();
            var chosen = Choose(cases.ConvertAll(c => new DeviceRanking([there[c.Values]], c.Keep, isScore)), shift);
            if (!cases.Zip(chosen).All(c => c.Second is [var mask] && mask.Kept == c.First.Keep && mask.Equals(Expected(here[c.First.Values], c.First.Keep, isScore))))
            {
                return false;
            }
        }

        return true;
    }

    private static BitMask Expected(Tensor values, long keep, bool isScore) => isScore
        ? TopSelection.Choose<ScoreKeys<uint>, uint>(new((uint*)TensorMemory.Of(values), values.numel(), WeightBits.Highest32), keep)!
        : TopSelection.Choose<MagnitudeKeys<uint>, uint>(new((uint*)TensorMemory.Of(values), values.numel(), WeightBits.Highest32), keep)!;

    private void Launch(string kernel, int blocks, int blockThreads, Work* work)
    {
        void* argument = work;
        launch(kernel, blocks, blockThreads, &argument);
    }

    private struct Row
    {
        public void* Values;
        public void* Words;
        public long Count;
        public long FirstValue;
        public long FirstBlock;
        public long Group;
    }

    private struct Group
    {
        public long Keep;
        public long Count;
        public long FirstRow;
        public long Rows;
        public long FirstBlock;
        public long Blocks;
        public void* Gathered;
        public long Capacity;
        public fixed long Counts[6];
        public fixed uint Threshold[6];
        public uint IsScore;
        public uint Bad;
        public fixed uint Rest[2];
    }

    private struct Work
    {
        public void* Rows;
        public void* Groups;
        public void* Kept;
        public void* Bins;
        public void* Counts;
        public long RowCount;
        public double Shift;
    }
}
