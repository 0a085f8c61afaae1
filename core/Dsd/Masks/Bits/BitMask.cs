using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using Dsd.Schedules;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>An immutable mask with one bit per weight, in the tensor's row-major order: 1 where the weight is kept.</summary>
public sealed class BitMask : IEquatable<BitMask>
{
    private readonly Lock _lock = new();
    private volatile ulong[]? _words;
    private DeviceWords? _only;
    private WeakReference<DeviceWords>? _there;

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

    /// <summary>Takes a mask that lies on a device. Its words are copied to the CPU when they are read there for the first time.</summary>
    internal BitMask(DeviceWords only, long count, long kept)
    {
        _only = only;
        Count = count;
        Kept = kept;
    }

    /// <summary>The number of weights.</summary>
    public long Count { get; }

    /// <summary>The number of weights that are kept.</summary>
    public long Kept { get; }

    /// <summary>The bits, 64 weights per word, lowest bit first; bits past <see cref="Count"/> are 0.</summary>
    internal ReadOnlySpan<ulong> Words => Here;

    /// <summary>True if the words are on the CPU.</summary>
    internal bool IsHere => _words is not null;

    private ulong[] Here
    {
        get
        {
            if (_words is { } words)
            {
                return words;
            }

            lock (_lock)
            {
                if (_only is { } only)
                {
                    _words = only.Read();
                    (_there, _only) = (new(only), null);
                }

                return _words!;
            }
        }
    }

    /// <summary>True if a weight is kept.</summary>
    /// <param name="index">Its row-major index, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the tensor.</exception>
    public bool this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return (Here[index >> 6] >> (int)(index & 63) & 1) != 0;
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
        CheckCount(other);
        var kept = 0L;
        var (ours, others) = (Here, other.Here);
        for (var i = 0; i < ours.Length; i++)
        {
            kept += BitOperations.PopCount(ours[i] & ~others[i]);
        }

        return kept;
    }

    /// <summary>The mask that keeps what this one and another keep.</summary>
    /// <param name="other">A mask of the same number of weights.</param>
    /// <exception cref="ArgumentException">The numbers of weights differ.</exception>
    public BitMask And(BitMask other) => Combined(other, (a, b) => a & b, (a, b) => a & b);

    /// <summary>The mask that keeps what this one or another keeps.</summary>
    /// <param name="other">A mask of the same number of weights.</param>
    /// <exception cref="ArgumentException">The numbers of weights differ.</exception>
    public BitMask Or(BitMask other) => Combined(other, (a, b) => a | b, (a, b) => a | b);

    /// <summary>The mask that keeps what this one keeps and another does not.</summary>
    /// <param name="other">A mask of the same number of weights.</param>
    /// <exception cref="ArgumentException">The numbers of weights differ.</exception>
    public BitMask Except(BitMask other) => Combined(other, (a, b) => a & ~b, Vector512.AndNot);

    /// <summary>Creates the mask of a tensor.</summary>
    /// <param name="kept">A boolean tensor of any shape on any device, true where the weight is kept; of weights, <c>weight.ne(0)</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="kept"/> is not boolean.</exception>
    public static BitMask Of(Tensor kept) => BitTensor.Read(kept);

    /// <summary>Returns the mask as a boolean tensor on the CPU, true where the weight is kept. The caller owns it.</summary>
    /// <param name="shape">The shape of the weights, of <see cref="Count"/> elements, e.g. <c>weight.shape</c>.</param>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public Tensor ToTensor(params long[] shape) => BitTensor.Write(this, shape);

    /// <summary>True if the mask has a built-in pattern: under N:M each group keeps at most N; blocks, rows, columns and channels are kept or pruned as a whole.</summary>
    /// <param name="pattern">A built-in pattern.</param>
    /// <param name="dims">The dimensions of the tensor, outermost first.</param>
    /// <exception cref="ArgumentException">The pattern is custom, it does not fit the dimensions, or they hold another number of weights.</exception>
    public bool Satisfies(MaskPattern pattern, IReadOnlyList<long> dims)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern switch
        {
            { Name: { } name } => throw new ArgumentException($"'{name}' is a custom pattern, which only its IMaskPattern describes; pass that, with the sparsity.", nameof(pattern)),
            { BuiltIn: NOfM nOfM } => Satisfies(nOfM, dims, new Sparsity(nOfM.Sparsity)),
            { BuiltIn: { } units } => Satisfies(units, dims, Sparsity.Dense),
            _ => CheckDims(dims) is not null,
        };
    }

    /// <summary>True if the mask has a pattern at a sparsity: each group keeps at most as many units as it says, each as a whole.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="dims">The dimensions of the tensor, outermost first.</param>
    /// <param name="sparsity">The sparsity of the tensor.</param>
    /// <exception cref="ArgumentException">The pattern refuses the dimensions or the sparsity, or the dimensions hold another number of weights.</exception>
    public bool Satisfies(IMaskPattern pattern, IReadOnlyList<long> dims, Sparsity sparsity)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var sizes = CheckDims(dims);
        return pattern.Refuse(sizes, sparsity) is { } why
            ? throw new ArgumentException($"A tensor of {string.Join('×', sizes)} cannot have the pattern: it {why.TrimEnd('.')}.", nameof(dims))
            : PatternBits.Satisfies(this, pattern.Divide(sizes, sparsity), isExact: false);
    }

    /// <inheritdoc/>
    public bool Equals(BitMask? other) => other is not null && Count == other.Count && Kept == other.Kept && Words.SequenceEqual(other.Words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BitMask);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Kept);

    /// <summary>The counts, e.g. <c>"700 of 1000 kept"</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Kept} of {Count} kept");

    /// <summary>True if each group keeps exactly as many units as a pattern says, each as a whole.</summary>
    internal bool Obeys(PatternGroups groups) => PatternBits.Satisfies(this, groups, isExact: true);

    /// <summary>Holds the words in place; until it is disposed, their address is good.</summary>
    internal MemoryHandle Pin() => Here.AsMemory().Pin();

    /// <summary>Returns the words on a device; they are copied there only if no one there has them. They stay as long as the result is referred to or, of a mask that was chosen there, until they are on the CPU.</summary>
    internal DeviceWords On(Device device)
    {
        lock (_lock)
        {
            if ((_only ?? (_there is not null && _there.TryGetTarget(out var there) ? there : null)) is { } words && words.IsOn(device))
            {
                return words;
            }

            var copy = DeviceWords.Copy(Here, device);
            _there = new(copy);
            return copy;
        }
    }

    internal static ulong[] NewWords(long count) => LargeArray.New<ulong>(WordsFor(count));

    /// <summary>The number of words that the bits of a number of weights take.</summary>
    internal static int WordsFor(long count) => (int)((count + 63) >> 6);

    /// <summary>The number of bits that are 1.</summary>
    internal static long CountOf(ReadOnlySpan<ulong> words)
    {
        // Four sums, none of which waits for another.
        var (a, b, c, d, i) = (0L, 0L, 0L, 0L, 0);
        for (; i <= words.Length - 4; i += 4)
        {
            a += BitOperations.PopCount(words[i]);
            b += BitOperations.PopCount(words[i + 1]);
            c += BitOperations.PopCount(words[i + 2]);
            d += BitOperations.PopCount(words[i + 3]);
        }

        for (; i < words.Length; i++)
        {
            a += BitOperations.PopCount(words[i]);
        }

        return a + b + c + d;
    }

    private BitMask Combined(BitMask other, Func<ulong, ulong, ulong> one, Func<Vector512<ulong>, Vector512<ulong>, Vector512<ulong>> eight)
    {
        CheckCount(other);
        var (ours, others) = (Here, other.Here);
        var words = new ulong[ours.Length];
        var i = 0;
        for (; i <= words.Length - 8; i += 8)
        {
            eight(Vector512.Create(ours.AsSpan(i, 8)), Vector512.Create(others.AsSpan(i, 8))).CopyTo(words, i);
        }

        for (; i < words.Length; i++)
        {
            words[i] = one(ours[i], others[i]);
        }

        return new(words, Count);
    }

    private void CheckCount(BitMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Count != Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"The masks are for {Count} and {other.Count} weights; they must be for the same tensor."), nameof(other));
        }
    }

    private ValueList<long> CheckDims(IReadOnlyList<long> dims)
    {
        ArgumentNullException.ThrowIfNull(dims);
        return dims.Aggregate((Int128)1, (product, dim) => product * dim) == Count
            ? [.. dims]
            : throw new ArgumentException(FormattableString.Invariant($"The mask is for {Count} weights, but the dimensions are {string.Join('×', dims)}."), nameof(dims));
    }
}
