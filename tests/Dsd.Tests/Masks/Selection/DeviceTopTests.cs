using Dsd.Masks;
using Dsd.Tests.Torch;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

/// <summary>The kernels that choose masks on GPUs, whose text is run here on the CPU: they give the masks of the CPU's selection.</summary>
public sealed unsafe class DeviceTopTests
{
    // Two warps: a sample of 4096 values.
    private const int Threads = 64;
    private const string Runs = """
        #define RUN(name) extern "C" void run_##name(int blocks, int threads, void** a) { grid(blocks, threads, true, [=] { name(*(Work*)a[0]); }); }
        RUN(sample)
        RUN(gather)
        RUN(digit)
        RUN(mark)
        RUN(settle)
        """;

    private static readonly Lazy<KernelsOnCpu> s_kernels = new(() => new(DeviceTop.Text, Runs));

    private static DeviceTop Top => new(s_kernels.Value.Launch, Threads);

    public static TheoryData<string, long[]> Cases => new()
    {
        { "distinct", [1] },
        { "distinct", [63, 64, 65] },
        { "distinct", [40_000] },
        { "normal", [70_000, 33_000] },
        { "sorted", [150_000] },
        { "heavy tail", [50_000] },
        { "few values", [5000, 1, 20_000] },
        { "two values", [40_000] },
        { "half zeros", [40_000] },
        { "zeros", [33_000] },
        { "equal", [17_000, 16_384] },
        { "extreme", [3000] },
        { "extreme", [30_000] },
    };

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Choose_HasTheMasksOfTheCpu(string kind, long[] sizes)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var tensors = Tensors(kind, sizes, 1);
        var all = sizes.Sum();
        foreach (var isScore in (bool[])[false, true])
        {
            long[] keeps = [0, 1, all / 3, all - 1, all];

            var chosen = Top.Choose(Array.ConvertAll(keeps, k => new DeviceRanking(tensors, k, isScore)));

            Assert.All(chosen.Zip(keeps), c => Check(tensors, c.Second, isScore, c.First));
        }
    }

    [SkippableTheory]
    [InlineData(0.3)]
    [InlineData(-0.2)]
    [InlineData(2.0)]
    public void Choose_ByAMisleadingSample_HasTheMasksOfTheCpu(double shift)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        foreach (var kind in (string[])["normal", "two values", "half zeros", "heavy tail"])
        {
            var tensors = Tensors(kind, [20_000, 9_000], 2);
            foreach (var keep in (long[])[1, 4000, 14_500, 28_000, 29_000])
            {
                Check(tensors, keep, true, Top.Choose([new(tensors, keep, true)], shift)[0]);
                Check(tensors, keep, false, Top.Choose([new(tensors, keep, false)], shift)[0]);
            }
        }
    }

    [SkippableFact]
    public void Choose_RandomCases_HasTheMasksOfTheCpu()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        string[] kinds = ["distinct", "normal", "sorted", "heavy tail", "few values", "two values", "half zeros", "zeros", "equal", "extreme"];
        var random = CounterRandom.For(3, "cases");
        for (var i = 0; i < 25; i++)
        {
            using var scope = NewDisposeScope();
            var rankings = Enumerable.Range(0, 1 + (int)random.Below(10 * i, 4)).Select(g =>
            {
                var at = (1000 * i) + (20 * g) + 500;
                var sizes = Enumerable.Range(0, 1 + (int)random.Below(at, 3)).Select(s => (long)Math.Exp(random.Uniform(at + 1 + s) * Math.Log(30_000))).ToArray();
                return new DeviceRanking(Tensors(kinds[random.Below(at + 8, kinds.Length)], sizes, i), (long)(random.Uniform(at + 9) * (sizes.Sum() + 1)), random.Below(at + 10, 2) == 0);
            }).ToArray();

            var chosen = Top.Choose(rankings);

            Assert.All(chosen.Zip(rankings), c => Check(c.Second.Values, c.Second.Keep, c.Second.IsScore, c.First));
        }
    }

    [SkippableTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Choose_NotFinite_IsNullForThatRankingAlone(float bad)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var (values, others) = (ones(20_000), rand(300));
        values[19_977] = bad;

        var chosen = Top.Choose([new([values], 50, false), new([others], 50, false), new([values], 50, true), new([values], 0, true), new([others, values], 3, false)]);

        Assert.Equal([true, false, true, true, true], chosen.Select(c => c is null));
        Check([others], 50, false, chosen[1]);
    }

    [SkippableFact]
    public void Choose_WordsStayThereUntilTheyAreRead()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var tensors = Tensors("normal", [1000, 77], 5);
        var masks = Top.Choose([new(tensors, 500, false)])[0]!;
        var there = masks[1].On(CPU);

        Assert.False(masks[1].IsHere);
        Assert.Same(there, masks[1].On(CPU));
        Assert.Equal(500, masks.Sum(m => m.Kept));
        Assert.All(masks, m => Assert.Equal(BitMask.CountOf(m.Words), m.Kept));
        Assert.True(masks[1].IsHere);
        Assert.Same(there, masks[1].On(CPU));
        Assert.Equal(masks[1].Words.ToArray(), there.Read());
        Assert.Equal(0, there.AsTensor().numel() % 8);
    }

    [SkippableTheory]
    [InlineData("key > threshold)", "key >= threshold)")]
    [InlineData("counts[i] = (unsigned)before", "counts[i] = 0")]
    [InlineData("+ __popc(all & ((1u << lane) - 1)) < room", "< room")]
    [InlineData("group.base = 0;", "group.base = 1;")]
    [InlineData("remaining = keep - toHigh;", "remaining = keep - above;")]
    public void IsRight_KernelsThatChooseOtherwise_AreFound(string right, string wrong)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        Assert.Contains(right, DeviceTop.Text, StringComparison.Ordinal);
        using var kernels = new KernelsOnCpu(DeviceTop.Text.Replace(right, wrong, StringComparison.Ordinal), Runs);

        Assert.False(new DeviceTop(kernels.Launch, Threads).IsRight(CPU));
    }

    [SkippableTheory]
    [InlineData("between <= (unsigned long long)group.capacity", "false")]
    [InlineData("const int Staged = 4096;", "const int Staged = 64;")]
    [InlineData("capacity = group.capacity;", "capacity = 0;", "between <= (unsigned long long)group.capacity", "false")]
    public void IsRight_OtherWaysToTheSame_Are(params string[] changes)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        var text = DeviceTop.Text;
        for (var i = 0; i < changes.Length; i += 2)
        {
            Assert.Contains(changes[i], text, StringComparison.Ordinal);
            text = text.Replace(changes[i], changes[i + 1], StringComparison.Ordinal);
        }

        using var kernels = new KernelsOnCpu(text, Runs);

        Assert.True(new DeviceTop(kernels.Launch, Threads).IsRight(CPU));
    }

    [SkippableFact]
    public void IsRight_TheKernels_Are()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        Assert.True(Top.IsRight(CPU));
    }

    [Fact]
    public void Of_ACpu_IsNone() => Assert.Null(DeviceTop.Of(CPU));

    private static void Check(Tensor[] tensors, long keep, bool isScore, BitMask[]? chosen)
    {
        var expected = isScore
            ? TopSelection.ChooseAcross<ScoreKeys<uint>, uint>(Array.ConvertAll(tensors, t => new ScoreKeys<uint>((uint*)TensorMemory.Of(t), t.numel(), WeightBits.Highest32)), keep, false)
            : TopSelection.ChooseAcross<MagnitudeKeys<uint>, uint>(Array.ConvertAll(tensors, t => new MagnitudeKeys<uint>((uint*)TensorMemory.Of(t), t.numel(), WeightBits.Highest32)), keep, false);
        Assert.NotNull(chosen);
        Assert.All(chosen, m => Assert.Equal(BitMask.CountOf(m.Words), m.Kept));
        Assert.True(expected!.SequenceEqual(chosen), $"{keep} of {string.Join(", ", tensors.Select(t => t.numel()))}, score {isScore}");
    }

    private static Tensor[] Tensors(string kind, long[] sizes, int seed)
    {
        var random = CounterRandom.For(seed, kind);
        return [.. sizes.Select((n, s) => tensor(Array.ConvertAll(Enumerable.Range(0, (int)n).ToArray(), i => Value(kind, random, ((long)s << 20) + i))))];
    }

    private static float Value(string kind, CounterRandom random, long i) => kind switch
    {
        "few values" => (float)random.Below(i, 5) - 2,
        "two values" => random.Below(i, 2) - 0.5f,
        "half zeros" => random.Below(i, 2) * ((float)random.Uniform(i) - 0.5f),
        "zeros" => random.Below(i, 3) switch { 0 => 0f, 1 => -0f, _ => (float)random.Uniform(i) - 0.5f },
        "equal" => 0.25f,
        "normal" => (float)(Math.Sqrt(-2 * Math.Log(random.Uniform(2 * i) + 1e-12)) * Math.Cos(2 * Math.PI * random.Uniform((2 * i) + 1))),
        "sorted" => i / 1000f,
        "heavy tail" => (float)Math.Tan(Math.PI * (random.Uniform(i) - 0.5)),
        "extreme" => random.Below(i, 6) switch { 0 => float.MaxValue, 1 => float.MinValue, 2 => float.Epsilon, 3 => -float.Epsilon, 4 => 0, _ => (float)random.Uniform(i) },
        _ => (float)random.Uniform(i) - 0.5f,
    };
}
