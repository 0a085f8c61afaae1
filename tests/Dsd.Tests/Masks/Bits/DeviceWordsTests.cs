using System.Reflection;
using System.Runtime.CompilerServices;
using Dsd.Masks;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Bits;

/// <summary>Words of masks on a device: shared, read once, and given up when nobody refers to them.</summary>
public sealed class DeviceWordsTests
{
    [Fact]
    public void On_MaskOfTheCpu_IsCopiedOnceWhileSomeoneHasIt()
    {
        var mask = new BitMask([5, 0, 1], 130);

        var there = mask.On(CPU);

        Assert.Same(there, mask.On(CPU));
        Assert.Equal(mask.Words.ToArray(), there.Read());
        Assert.Equal(24, there.AsTensor().numel());
        GC.KeepAlive(there);
    }

    [Fact]
    public void On_WordsThatAreHereAndNobodyHas_AreGivenUp()
    {
        // No step trains with the mask: what keeps it, as a checkpoint does, keeps only the words on the CPU.
        var (mask, there) = Read();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.False(there.TryGetTarget(out _));
        Assert.Equal(3, mask.Kept);
        Assert.Equal([5UL, 0, 1], mask.Words.ToArray());
        Assert.Equal([5UL, 0, 1], mask.On(CPU).Read());
    }

    [Fact]
    public void On_WordsThatAreNowhereElse_Stay()
    {
        var (mask, there) = There();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.True(there.TryGetTarget(out _));
        Assert.Equal([5UL, 0, 1], mask.Words.ToArray());
        Assert.Equal(new BitMask([5, 0, 1], 130), mask);
    }

    [Fact]
    public void Words_OfSeveralThreads_AreReadOnce()
    {
        var (mask, _) = There();
        var seen = new ulong[8][];

        Parallel.For(0, 8, i => seen[i] = mask.Words.ToArray());

        Assert.All(seen, words => Assert.Equal([5UL, 0, 1], words));
    }

    [Fact]
    public void Tensors_OfTorchSharp_AreFreedWithTheirLastReference() =>
        Assert.Equal(typeof(Tensor), typeof(Tensor).GetMethod("Finalize", BindingFlags.Instance | BindingFlags.NonPublic)!.DeclaringType);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (BitMask Mask, WeakReference<DeviceWords> There) There()
    {
        var words = DeviceWords.Copy([5, 0, 1], CPU);
        return (new(words, 130, 3), new(words));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (BitMask Mask, WeakReference<DeviceWords> There) Read()
    {
        var (mask, there) = There();
        Assert.Equal(3, mask.Words.Length);
        return (mask, there);
    }
}
