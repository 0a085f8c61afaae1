using Dsd.Masks;
using Dsd.Tests.Torch;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

/// <summary>The kernels that choose masks on GPUs, whose text is run here on the CPU: they give the masks of the CPU's selection.</summary>
public sealed unsafe class DeviceTopTests
{
    private const int Threads = 8;
    private const string Runs = """
        extern "C" void run_histogram(int b, int t, void** a) { grid(b, t, true, [=] { histogram(*(Rows*)a[0], *(int*)a[1], *(int*)a[2], *(State**)a[3], *(unsigned long long**)a[4]); }); }
        extern "C" void run_choose(int b, int t, void** a) { grid(b, t, true, [=] { choose(*(int*)a[0], *(State**)a[1], *(unsigned long long**)a[2]); }); }
        extern "C" void run_ties(int b, int t, void** a) { grid(b, t, true, [=] { ties(*(Rows*)a[0], *(int*)a[1], *(State**)a[2], *(unsigned**)a[3]); }); }
        extern "C" void run_scan(int b, int t, void** a) { grid(b, t, true, [=] { scan(*(int*)a[0], *(State**)a[1], *(unsigned**)a[2]); }); }
        extern "C" void run_mark(int b, int t, void** a) { grid(b, t, true, [=] { mark(*(Rows*)a[0], *(int*)a[1], *(State**)a[2], *(unsigned**)a[3]); }); }
        """;

    private static readonly Lazy<KernelsOnCpu> s_kernels = new(() => new(DeviceTop.Text, Runs));

    private static DeviceTop Top => new(s_kernels.Value.Launch, Threads);

    public static TheoryData<string, long[]> Cases => new()
    {
        { "distinct", [1] },
        { "distinct", [63, 64, 65] },
        { "distinct", [40_000] },
        { "few values", [5000, 1, 20_000] },
        { "zeros", [33_000] },
        { "equal", [17_000, 16_384] },
        { "extreme", [3000] },
    };

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Choose_HasTheMasksOfTheCpu(string kind, long[] sizes)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(1, kind);
        var tensors = sizes.Select((n, s) => tensor(Array.ConvertAll(Enumerable.Range(0, (int)n).ToArray(), i => Value(kind, random, ((long)s << 20) + i)))).ToArray();
        var all = sizes.Sum();
        foreach (var keep in (long[])[0, 1, all / 3, all / 2, all - 1, all])
        {
            foreach (var isScore in (bool[])[false, true])
            {
                var chosen = Top.Choose(tensors, keep, isScore);

                var expected = isScore
                    ? TopSelection.ChooseAcross<ScoreKeys<uint>, uint>(Array.ConvertAll(tensors, t => new ScoreKeys<uint>((uint*)TensorMemory.Of(t), t.numel(), WeightBits.Highest32)), keep, false)
                    : TopSelection.ChooseAcross<MagnitudeKeys<uint>, uint>(Array.ConvertAll(tensors, t => new MagnitudeKeys<uint>((uint*)TensorMemory.Of(t), t.numel(), WeightBits.Highest32)), keep, false);
                Assert.Equal(expected, chosen);
            }
        }
    }

    [SkippableTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Choose_NotFinite_IsNull(float bad)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        using var scope = NewDisposeScope();
        var values = ones(100);
        values[77] = bad;

        Assert.Null(Top.Choose([values], 50, isScore: false));
        Assert.Null(Top.Choose([values], 50, isScore: true));
        Assert.Null(Top.Choose([values], 0, isScore: true));
    }

    [SkippableFact]
    public void IsRight_KernelsThatChooseOtherwise_AreFound()
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        Assert.True(Top.IsRight(CPU));

        using var wrong = new KernelsOnCpu(DeviceTop.Text.Replace("key > threshold ? 1", "key >= threshold ? 1", StringComparison.Ordinal), Runs);
        Assert.False(new DeviceTop(wrong.Launch, Threads).IsRight(CPU));
    }

    [Fact]
    public void Of_ACpu_IsNone() => Assert.Null(DeviceTop.Of(CPU));

    private static float Value(string kind, CounterRandom random, long i) => kind switch
    {
        "few values" => (float)random.Below(i, 5) - 2,
        "zeros" => random.Below(i, 3) switch { 0 => 0f, 1 => -0f, _ => (float)random.Uniform(i) - 0.5f },
        "equal" => 0.25f,
        "extreme" => random.Below(i, 6) switch { 0 => float.MaxValue, 1 => float.MinValue, 2 => float.Epsilon, 3 => -float.Epsilon, 4 => 0, _ => (float)random.Uniform(i) },
        _ => (float)random.Uniform(i) - 0.5f,
    };
}
