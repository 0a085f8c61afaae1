using System.Numerics;
using Dsd.Native;

namespace Dsd.Masks;

/// <summary>Keys that the blocks of a pool have taken out to be looked at once more, and where in its block each weight lies.</summary>
/// <param name="capacity">For how many there is room.</param>
internal sealed class GatheredKeys<TKey>(long capacity)
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    private long _taken;

    public TKey[] Keys { get; } = LargeArray.New<TKey>((int)capacity);

    public ushort[] Offsets { get; } = LargeArray.New<ushort>((int)capacity);

    /// <summary>Whether there was no room for some block's keys.</summary>
    public bool IsTooSmall => _taken > Keys.Length;

    /// <summary>Takes room for so many keys; any thread may ask.</summary>
    /// <returns>Where it begins, or −1 where there is not so much left.</returns>
    public int Take(int count)
    {
        var end = Interlocked.Add(ref _taken, count);
        return end <= Keys.Length ? (int)(end - count) : -1;
    }
}
