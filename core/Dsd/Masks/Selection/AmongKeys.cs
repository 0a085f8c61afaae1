using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <summary>The keys of some of a tensor's weights; all others rank below them, and are not checked for being finite.</summary>
/// <remarks>Keys are counted from 1 at the lowest finite one, so that 0 is left for the others; the highest key there is, which only a random order has, stays.</remarks>
/// <param name="keys">The keys of all weights.</param>
/// <param name="among">The words of the mask that keeps the weights to choose from.</param>
internal readonly unsafe struct AmongKeys<TKeys, TKey>(TKeys keys, ulong* among) : IWeightKeys<TKey>
    where TKeys : struct, IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    private readonly Vector512<TKey> _lanes = Lanes();
    private readonly TKey _lowest = keys.Lowest;

    public long Count => keys.Count;

    public TKey Lowest => TKey.Zero;

    public TKey Highest => Raised(keys.Highest - _lowest);

    public TKey this[long index] => (among[index >> 6] >> (int)(index & 63) & 1) != 0 ? Raised(keys[index] - _lowest) : TKey.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<TKey> Load(long index)
    {
        // Vectors begin at a multiple of their length, so that the bits of one lie in one word.
        var word = among[index >> 6] >> (int)(index & 63);
        var bits = sizeof(TKey) == sizeof(ushort)
            ? Vector512.Create(Vector256.Create(TKey.CreateTruncating(word)), Vector256.Create(TKey.CreateTruncating(word >> 16)))
            : Vector512.Create(TKey.CreateTruncating(word));
        var above = keys.Load(index) - Vector512.Create(_lowest);
        return Vector512.Max(above, above + Vector512<TKey>.One) & Vector512.Equals(bits & _lanes, _lanes);
    }

    public void Prefetch(long index) => keys.Prefetch(index);

    /// <summary>One more, but for the highest number; −∞ lies there, just below the lowest finite key.</summary>
    private static TKey Raised(TKey above) => TKey.Max(above, above + TKey.One);

    /// <summary>The bit of its word that decides each lane.</summary>
    private static Vector512<TKey> Lanes()
    {
        var lanes = Vector512<TKey>.Zero;
        for (var i = 0; i < Vector512<TKey>.Count; i++)
        {
            lanes = lanes.WithElement(i, TKey.One << (i % (8 * sizeof(TKey))));
        }

        return lanes;
    }
}
