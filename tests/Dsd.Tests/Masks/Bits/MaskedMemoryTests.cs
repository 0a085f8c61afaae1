using Dsd.Masks;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

public sealed class MaskedMemoryTests
{
    public static TheoryData<ScalarType> Types => [ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int8];

    [Theory]
    [MemberData(nameof(Types))]
    public void Zero_AnyType_ZeroesMaskedElementsAndTouchesNoOther(ScalarType type)
    {
        foreach (var count in new[] { 1, 7, 8, 63, 64, 65, 200, 140_001 })
        {
            using var scope = NewDisposeScope();
            var mask = Mask(count, i => i % 3 != 1);
            var values = (arange(count).remainder(100) - 50).to(type);
            var expected = values * arange(count).remainder(3).ne(1).to(type);

            MaskedMemory.Zero(values, mask);
            Assert.True(values.eq(expected).all().item<bool>() && values.dtype == type);
        }
    }

    [Fact]
    public void Zero_NegativeWeight_BecomesPositiveZero()
    {
        using var values = tensor(new[] { -1f, -2f, -3f, -4f, -5f, -6f, -7f, -8f, -9f });
        MaskedMemory.Zero(values, Mask(9, _ => false).Except(BitMask.All(9)));
        Assert.All(values.data<float>().ToArray(), v => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(v)));
    }

    [Fact]
    public void Zero_TransposedTensor_GoesByRowMajorIndex()
    {
        using var scope = NewDisposeScope();
        var straight = arange(12, dtype: float32).view(3, 4).add(1);
        var transposed = straight.t().contiguous().t();
        var mask = Mask(12, i => i is not (2 or 7));
        MaskedMemory.Zero(straight, mask);
        MaskedMemory.Zero(transposed, mask);
        Assert.True(straight.eq(transposed).all().item<bool>());
        Assert.False(transposed.is_contiguous());
        Assert.Equal(10, straight.count_nonzero().item<long>());
    }

    [Fact]
    public void Pruned_OnTheCpu_IsTrueExactlyWhereTheMaskIsNot()
    {
        using var scope = NewDisposeScope();
        var mask = Mask(70, i => i % 5 == 0);
        var pruned = MaskedMemory.Pruned(mask, [7, 10], CPU).flatten();
        Assert.All(Enumerable.Range(0, 70), i => Assert.Equal(!mask[i], pruned[i].item<bool>()));
    }

    [Fact]
    public void BitMask_Counts_AreThoseOfItsBits()
    {
        var (even, all) = (Mask(130, i => i % 2 == 0), BitMask.All(130));
        Assert.Equal((130L, 65L), (even.Count, even.Kept));
        Assert.Equal(65, all.CountKeptOnlyHere(even));
        Assert.Equal(0, even.CountKeptOnlyHere(all));
        Assert.Equal(Mask(130, i => i % 2 == 1), all.Except(even));
        Assert.Throws<ArgumentOutOfRangeException>(() => even[130]);
        Assert.Throws<ArgumentException>(() => even.CountKeptOnlyHere(BitMask.All(129)));
        Assert.Equal(0, BitMask.All(0).Kept);
    }

    private static BitMask Mask(int count, Func<int, bool> kept)
    {
        var words = BitMask.NewWords(count);
        for (var i = 0; i < count; i++)
        {
            words[i >> 6] |= kept(i) ? 1UL << (i & 63) : 0;
        }

        return new BitMask(words, count);
    }
}
