using System.Numerics;

namespace Dsd.Masks;

/// <summary>An immutable mask with one bit per weight, in the tensor's row-major order: 1 where the weight is kept.</summary>
public sealed class BitMask : IEquatable<BitMask>
{
    private readonly ulong[] _words;

    internal BitMask(ulong[] words, long count)
        : this(words, count, CountOf(words))
    {
    }

    internal BitMask(ulong[] words, long count, long kept)
    {
        _words = words;
        Count = count;
        Kept = kept;
    }

    /// <summary>The number of weights.</summary>
    public long Count { get; }

    /// <summary>The number of weights that are kept.</summary>
    public long Kept { get; }

    /// <summary>The bits, 64 weights per word, lowest bit first; bits past <see cref="Count"/> are 0.</summary>
    internal ReadOnlySpan<ulong> Words => _words;

    /// <summary>True if a weight is kept.</summary>
    /// <param name="index">Its row-major index, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the tensor.</exception>
    public bool this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return (_words[index >> 6] >> (int)(index & 63) & 1) != 0;
        }
    }

    /// <summary>A mask that keeps every weight.</summary>
    /// <param name="count">The number of weights, at least 0.</param>
    public static BitMask All(long count)
    {
        var words = NewWords(count);
        Array.Fill(words, ulong.MaxValue);
        if ((count & 63) != 0)
        {
            words[^1] = (1UL << (int)(count & 63)) - 1;
        }

        return new(words, count, count);
    }

    /// <summary>The number of weights that this mask keeps and another does not.</summary>
    /// <param name="other">A mask of the same number of weights.</param>
    /// <exception cref="ArgumentException">The numbers of weights differ.</exception>
    public long CountKeptOnlyHere(BitMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Count != Count)
        {
            throw new ArgumentException($"The masks are for {Count} and {other.Count} weights; they must be for the same tensor.", nameof(other));
        }

        var kept = 0L;
        for (var i = 0; i < _words.Length; i++)
        {
            kept += BitOperations.PopCount(_words[i] & ~other._words[i]);
        }

        return kept;
    }

    /// <summary>The mask that keeps what this one keeps and another does not.</summary>
    internal BitMask Except(BitMask other)
    {
        var words = new ulong[_words.Length];
        var kept = 0L;
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = _words[i] & ~other._words[i];
            kept += BitOperations.PopCount(words[i]);
        }

        return new(words, Count, kept);
    }

    /// <summary>The mask that keeps what this one or another keeps.</summary>
    internal BitMask Or(BitMask other)
    {
        var words = new ulong[_words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = _words[i] | other._words[i];
        }

        return new(words, Count);
    }

    /// <summary>Of the weights that this mask keeps, those that a mask over them alone keeps.</summary>
    /// <param name="among">One bit for each weight that this mask keeps, in their order.</param>
    internal BitMask Narrowed(BitMask among)
    {
        var words = new ulong[_words.Length];
        var place = 0L;
        for (var i = 0; i < words.Length; i++)
        {
            for (var left = _words[i]; left != 0; left &= left - 1)
            {
                words[i] |= among[place++] ? left & (~left + 1) : 0;
            }
        }

        return new(words, Count, among.Kept);
    }

    /// <inheritdoc/>
    public bool Equals(BitMask? other) => other is not null && Count == other.Count && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BitMask);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Kept);

    /// <summary>The counts, e.g. <c>"700 of 1000 kept"</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Kept} of {Count} kept");

    internal static ulong[] NewWords(long count) => new ulong[WordsFor(count)];

    /// <summary>The number of words that the bits of a number of weights take.</summary>
    internal static int WordsFor(long count) => (int)((count + 63) >> 6);

    /// <summary>The number of bits that are 1.</summary>
    internal static long CountOf(ReadOnlySpan<ulong> words)
    {
        var count = 0L;
        foreach (var word in words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }
}
