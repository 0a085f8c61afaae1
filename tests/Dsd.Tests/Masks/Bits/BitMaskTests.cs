using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Bits;

/// <summary>Masks as tensors, combined, and held against patterns.</summary>
public sealed class BitMaskTests
{
    [Property(MaxTest = 100)]
    public void Combine_TwoMasks_IsTheLogicOfEachBit(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "bits");
        long[] shape = [1 + random.Below(0, 20), 1 + random.Below(1, 20)];
        var (a, b) = (rand(shape).gt(0.5), rand(shape).gt(0.3));
        var (one, other) = (BitMask.Of(a), BitMask.Of(b));
        Assert.Equal(a.sum().item<long>(), one.Kept);
        Assert.Equal(BitMask.Of(a.logical_and(b)), one.And(other));
        Assert.Equal(BitMask.Of(a.logical_or(b)), one.Or(other));
        Assert.Equal(BitMask.Of(a.logical_and(b.logical_not())), one.Except(other));
        Assert.Equal(one.Except(other).Kept, one.CountKeptOnlyHere(other));
        Assert.Equal(a.data<bool>().ToArray(), one.ToTensor(shape).data<bool>().ToArray());
        Assert.Equal(one, BitMask.Of(one.ToTensor(shape)));

        // A view that does not lie row by row.
        Assert.Equal(BitMask.Of(a.t().contiguous()), BitMask.Of(a.t()));
    }

    [Fact]
    public void ToTensor_AndOf_WrongShapeOrType_AreRefused()
    {
        Assert.Contains("for 6 weights, but the shape is (2, 4)", Assert.Throws<ArgumentException>(() => BitMask.All(6).ToTensor(2, 4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BitMask.All(6).ToTensor(-2, -3));
        using var floats = ones(3);
        Assert.Contains("weight.ne(0)", Assert.Throws<ArgumentException>(() => BitMask.Of(floats)).Message, StringComparison.Ordinal);
        foreach (var combine in new Func<BitMask, BitMask, BitMask>[] { (a, b) => a.And(b), (a, b) => a.Or(b), (a, b) => a.Except(b) })
        {
            Assert.Contains("for 6 and 7 weights", Assert.Throws<ArgumentException>(() => combine(BitMask.All(6), BitMask.All(7))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Satisfies_NOfM_AllowsFewerAndRefusesMore()
    {
        using var scope = NewDisposeScope();
        var mask = BitMask.Of(tensor([true, false, true, false, false, false, false, true], [2, 4]));
        Assert.True(mask.Satisfies(MaskPattern.NOfM(2, 4), [2, 4]));
        Assert.False(mask.Satisfies(MaskPattern.NOfM(1, 4), [2, 4]));
        Assert.True(mask.Satisfies(MaskPattern.NOfM(1, 2), [2, 4]));
        Assert.True(mask.Satisfies(MaskPattern.NOfM(1, 2, 0), [2, 4]));
        Assert.True(mask.Satisfies(MaskPattern.Element, [2, 4]));
        Assert.False(BitMask.All(8).Satisfies(MaskPattern.NOfM(2, 4), [2, 4]));
        Assert.Contains("no multiple of 3", Assert.Throws<ArgumentException>(() => mask.Satisfies(MaskPattern.NOfM(1, 3), [2, 4])).Message, StringComparison.Ordinal);
        Assert.True(mask.Satisfies(MaskPattern.NOfM(2, 3, pad: true), [2, 4]));
    }

    [Fact]
    public void Satisfies_Units_AreWhole()
    {
        using var scope = NewDisposeScope();
        var mask = BitMask.Of(tensor([true, true, false, false, true, true, false, false, false, false, false, false], [3, 4]));
        Assert.True(mask.Satisfies(MaskPattern.Block(1, 2), [3, 4]));
        Assert.True(mask.Satisfies(MaskPattern.Block(2, 2, pad: true), [3, 4]));
        Assert.False(mask.Satisfies(MaskPattern.Row(), [3, 4]));
        Assert.False(mask.Satisfies(MaskPattern.Column(), [3, 4]));
        Assert.True(mask.And(BitMask.Of(tensor([true, true, true, true, false, false, false, false, false, false, false, false]))).Or(BitMask.Of(arange(12).lt(4))).Satisfies(MaskPattern.Filter(), [3, 4]));
        Assert.Contains("is for 12 weights, but the dimensions are 3×5", Assert.Throws<ArgumentException>(() => mask.Satisfies(MaskPattern.Row(), [3, 5])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Satisfies_ACustomPattern_NeedsThePatternItself()
    {
        var mask = BitMask.All(4);
        Assert.Contains("'mine' is a custom pattern", Assert.Throws<ArgumentException>(() => mask.Satisfies(MaskPattern.Custom("mine"), [2, 2])).Message, StringComparison.Ordinal);
        Assert.False(mask.Satisfies(Training.ToyCase.Rows, [2, 2], new Sparsity(0.5)));
        Assert.True(mask.Satisfies(Training.ToyCase.Rows, [2, 2], Sparsity.Dense));
        Assert.Contains("has no rows", Assert.Throws<ArgumentException>(() => mask.Satisfies(Training.ToyCase.Rows, [4], Sparsity.Dense)).Message, StringComparison.Ordinal);
    }
}
