using System.Runtime.Intrinsics;
using Dsd.Masks;

namespace Dsd.Tests.Masks;

/// <summary>Selection guesses from a sample; it is exact also where the sample tells nothing of the other weights.</summary>
[Trait("Tier", "slow")]
public sealed class MisleadingSampleTests
{
    [Theory]
    [InlineData(1000, 1)]
    [InlineData(50_000, 1)]
    [InlineData(99_000, 1)]
    [InlineData(50_000, 1 << 13)] // so that the key is the first of its bucket
    [InlineData(20_000, 1 << 13)]
    [InlineData(20_000, 1 << 18)]
    public void Choose_SampleThatMisleads_IsExactAllTheSame(int keep, int step)
    {
        var values = Array.ConvertAll(Normal(100_000), v => (uint)Math.Abs(v * 1e6f) / (uint)step * (uint)step);
        AssertExactWhateverIsSampled([values], keep, atLeastOneEach: false);
    }

    [Fact]
    public void ChooseAcross_SampleThatMisleads_StillKeepsOneEach()
    {
        // Most layers are tiny beside the others, so that half of what is kept is kept in any case only.
        var values = Normal(100_000).Chunk(100).Select((layer, t) => Array.ConvertAll(layer, v => (uint)Math.Abs(v * (t % 10 == 0 ? 1e6f : 1e3f)))).ToArray();
        AssertExactWhateverIsSampled(values, 2 * values.Length, atLeastOneEach: true);
    }

    private static void AssertExactWhateverIsSampled(uint[][] values, int keep, bool atLeastOneEach)
    {
        // First it is noted which weights are looked at before the rest, then those, and no other, get values of their own.
        var watch = new Watch();
        _ = Choose(values, watch);
        Assert.NotEmpty(watch.Seen);
        foreach (var bait in new uint[] { 0, 1, 500_000, uint.MaxValue - 1 })
        {
            var baited = values.Select(layer => layer.Select((v, i) => watch.Seen.Contains((layer, i)) ? bait + (uint)(i % 2) : v).ToArray()).ToArray();
            Assert.Equal(Oracle.Sorted(Array.ConvertAll(baited, layer => Array.ConvertAll(layer, v => (double)v)), keep, atLeastOneEach), Choose(baited, new()));
        }

        BitMask[] Choose(uint[][] layers, Watch watch) =>
            TopSelection.ChooseAcross<WatchedKeys, uint>(Array.ConvertAll(layers, l => new WatchedKeys(l, watch)), keep, atLeastOneEach);
    }

    private static float[] Normal(int count) => [.. Enumerable.Range(0, count).Select(i => (float)CounterRandom.For(1, "normal").Normal(i))];

    private sealed class Watch
    {
        public HashSet<(uint[] Layer, long Index)> Seen { get; } = [];

        public bool IsOver { get; set; }
    }

    /// <summary>Keys that tell which of them are read one by one before the first are read by the dozen.</summary>
    private readonly struct WatchedKeys(uint[] values, Watch watch) : IWeightKeys<uint>
    {
        public long Count => values.Length;

        public uint Lowest => 0;

        public uint Highest => uint.MaxValue;

        public uint this[long index]
        {
            get
            {
                if (!watch.IsOver)
                {
                    watch.Seen.Add((values, index));
                }

                return values[index];
            }
        }

        public Vector512<uint> Load(long index)
        {
            watch.IsOver = true;
            return Vector512.LoadUnsafe(ref values[index]);
        }

        public void Prefetch(long index)
        {
        }
    }
}
