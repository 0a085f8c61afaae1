using Dsd.Masks;

namespace Dsd.Tests.Masks.Selection;

public class KeyRankTests
{
    // Fewer keys are bisected, more are counted by digits.
    private const int Many = 20_000;

    public static TheoryData<int> Counts => [1, 15, 16, 17, 1_000, 8_192, 8_193, Many];

    [Theory]
    [MemberData(nameof(Counts))]
    public void Narrow_KeysOf16Bits_FindsTheKeyOfTheRank(int count) => Check(count, r => (ushort)r.Next());

    [Theory]
    [MemberData(nameof(Counts))]
    public void Narrow_KeysOf32Bits_FindsTheKeyOfTheRank(int count) => Check(count, r => (uint)r.NextInt64());

    [Theory]
    [MemberData(nameof(Counts))]
    public void Narrow_KeysOf64Bits_FindsTheKeyOfTheRank(int count) => Check(count, r => (ulong)r.NextInt64() * 3);

    [Theory]
    [MemberData(nameof(Counts))]
    public void Narrow_ManyEqualKeysAndExtremes_FindsTheKeyOfTheRank(int count) => Check(count, r => r.Next(4) switch { 0 => uint.MinValue, 1 => uint.MaxValue, var n => (uint)n });

    private static unsafe void Check<TKey>(int count, Func<Random, TKey> draw)
        where TKey : unmanaged, System.Numerics.IBinaryInteger<TKey>, System.Numerics.IMinMaxValue<TKey>
    {
        var random = new Random(count);
        for (var trial = 0; trial < 20; trial++)
        {
            var keys = Enumerable.Range(0, count).Select(_ => draw(random)).ToArray();
            var sorted = keys.OrderDescending().ToArray();
            var (from, to) = (random.Next(count), random.Next(count));
            var (high, low) = trial == 0 ? (TKey.MaxValue, TKey.MinValue) : (sorted[Math.Min(from, to)], sorted[Math.Max(from, to)]);
            var inside = sorted.Where(k => k >= low && k <= high).ToArray();
            var rank = 1 + random.Next(inside.Length);
            var cut = random.Next(count);
            fixed (TKey* first = keys)
            {
                var (foundLow, foundHigh, left) = KeyRank.Narrow<KeyRow<TKey>, TKey>([new(first, cut), new(first + cut, count - cut)], low, high, rank, 0);
                Assert.Equal(inside[rank - 1], foundLow);
                Assert.Equal(inside[rank - 1], foundHigh);
                Assert.Equal(rank - inside.Count(k => k > inside[rank - 1]), left);
            }
        }
    }
}
