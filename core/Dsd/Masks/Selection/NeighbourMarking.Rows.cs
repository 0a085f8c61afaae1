using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Dsd.Schedules;

namespace Dsd.Masks;

/// <content>Neighbours that follow one another: a vector holds whole groups.</content>
internal sealed partial class NeighbourMarking<TKeys, TKey>
{
    // Whole groups of every size that a vector holds, in whole words.
    private const long Block = 128;
    private const ulong EverySecond = 0x5555555555555555;
    private const ulong EveryFourth = 0x1111111111111111;
    private const ulong EveryEighth = 0x0101010101010101;

    private ulong[] _line = [];

    /// <summary>True where groups lie within vectors, and the processor moves keys within them.</summary>
    public static bool AreWithinVectors(NeighbourStrides at) => at is { Stride: 1, Of: 2 or 4 or 8 } && typeof(TKey) == typeof(uint) && Avx512F.IsSupported;

    /// <summary>Marks groups that follow one another and lie within vectors.</summary>
    /// <param name="start">The first weight of the stretch.</param>
    /// <param name="from">The first weight of the first group to mark.</param>
    /// <param name="to">The end of the groups to mark.</param>
    /// <param name="wrapped">What <see cref="Wrapped"/> made.</param>
    public void MarkRow(long start, long from, long to, ulong[] wrapped)
    {
        var whole = (to - from) & ~(Block - 1);
        if (whole > 0)
        {
            var (length, isAligned) = ((int)(whole >> 6), (from & 63) == 0);
            if (!isAligned && _line.Length < length)
            {
                _line = new ulong[length];
            }

            var line = isAligned ? words.AsSpan((int)(from >> 6), length) : _line.AsSpan(0, length);
            switch (_of)
            {
                case 2:
                    MarkTwos(from, line);
                    break;
                case 4:
                    MarkFours(from, line);
                    break;
                default:
                    MarkEights(from, line);
                    break;
            }

            if (!isAligned)
            {
                BitRows.Write(words, from, line, whole);
            }
        }

        if (from + whole < to)
        {
            MarkSome(start, from + whole, to, wrapped);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MarkTwos(long from, Span<ulong> line)
    {
        var (source, lowests, highest, all) = (keys, LowestKeys, _highest.AsUInt32(), keep == 2 ? ulong.MaxValue : 0);
        for (var w = 0; w < line.Length; w++)
        {
            var above = 0UL;
            for (var j = 0; j < 64; j += 16)
            {
                var own = source.Load(from + (w << 6) + j).AsUInt32() - lowests;
                highest = Vector512.Max(highest, own);
                above |= Above(Avx512F.Shuffle(own, 0b10_11_00_01), own) << j;
            }

            line[w] = (~above & EverySecond) | ((above & EverySecond) << 1) | all;
        }

        _highest = highest.As<uint, TKey>();
    }

    /// <summary>Marks groups of four: each weight is compared with the next three, counted around the group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MarkFours(long from, Span<ulong> line)
    {
        var (source, lowests, highest, limit) = (keys, LowestKeys, _highest.AsUInt32(), keep);
        for (var w = 0; w < line.Length; w++)
        {
            var (above1, above2, above3) = (0UL, 0UL, 0UL);
            for (var j = 0; j < 64; j += 16)
            {
                var own = source.Load(from + (w << 6) + j).AsUInt32() - lowests;
                highest = Vector512.Max(highest, own);
                above1 |= Above(Avx512F.Shuffle(own, 0b00_11_10_01), own) << j;
                above2 |= Above(Avx512F.Shuffle(own, 0b01_00_11_10), own) << j;
                above3 |= Above(Avx512F.Shuffle(own, 0b10_01_00_11), own) << j;
            }

            // Where the neighbour lies before a weight, it ranks above unless the weight is higher, as the comparison of the other two says.
            line[w] = RankDigits.Fewer(
                limit,
                (above1 & (EveryFourth * 0b0111)) | (~(above3 << 3) & (EveryFourth * 0b1000)),
                (above2 & (EveryFourth * 0b0011)) | (~(above2 << 2) & (EveryFourth * 0b1100)),
                (above3 & (EveryFourth * 0b0001)) | (~(above1 << 1) & (EveryFourth * 0b1110)));
        }

        _highest = highest.As<uint, TKey>();
    }

    /// <summary>Marks groups of eight: sixteen at a time are turned into columns, which give the last key to keep; with that their rows are compared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MarkEights(long from, Span<ulong> line)
    {
        var (source, lowests, highest) = (keys, LowestKeys, _highest.AsUInt32());
        for (var w = 0; w < line.Length; w += 2)
        {
            var first = from + ((long)w << 6);
            var (k0, k1) = (source.Load(first).AsUInt32() - lowests, source.Load(first + 16).AsUInt32() - lowests);
            var (k2, k3) = (source.Load(first + 32).AsUInt32() - lowests, source.Load(first + 48).AsUInt32() - lowests);
            var (k4, k5) = (source.Load(first + 64).AsUInt32() - lowests, source.Load(first + 80).AsUInt32() - lowests);
            var (k6, k7) = (source.Load(first + 96).AsUInt32() - lowests, source.Load(first + 112).AsUInt32() - lowests);
            var (a, b, c, d) = Turned(k0, k1, k2, k3);
            var (e, f, g, h) = Turned(k4, k5, k6, k7);

            // Quarters 0 and 2 hold the first four places of groups, quarters 1 and 3 the last four.
            var last = EightKeys.OfRank(
                keep,
                Avx512F.Shuffle4x128(a, e, 0b10_00_10_00),
                Avx512F.Shuffle4x128(b, f, 0b10_00_10_00),
                Avx512F.Shuffle4x128(c, g, 0b10_00_10_00),
                Avx512F.Shuffle4x128(d, h, 0b10_00_10_00),
                Avx512F.Shuffle4x128(a, e, 0b11_01_11_01),
                Avx512F.Shuffle4x128(b, f, 0b11_01_11_01),
                Avx512F.Shuffle4x128(c, g, 0b11_01_11_01),
                Avx512F.Shuffle4x128(d, h, 0b11_01_11_01),
                ref highest);
            var (one, other) = (Avx512F.Shuffle4x128(last, last, 0b01_01_00_00), Avx512F.Shuffle4x128(last, last, 0b11_11_10_10));
            var below = Below(one, k0, k1, k2, k3);
            var belowToo = Below(other, k4, k5, k6, k7);
            (line[w], line[w + 1]) = (~below, ~belowToo);
            if (BitOperations.PopCount(below) + BitOperations.PopCount(belowToo) != (8 - keep) * 16)
            {
                KeepEarlier(ref line[w], one, k0, k1, k2, k3);
                KeepEarlier(ref line[w + 1], other, k4, k5, k6, k7);
            }
        }

        _highest = highest.As<uint, TKey>();
    }

    private Vector512<uint> LowestKeys => Vector512.Create(keys.Lowest).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Above(Vector512<uint> other, Vector512<uint> own) => Vector512.GreaterThan(other, own).ExtractMostSignificantBits();

    /// <summary>Turns each quarter of four vectors: what has one place in all quarters becomes a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<uint>, Vector512<uint>, Vector512<uint>, Vector512<uint>) Turned(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d)
    {
        var (ab, cd) = (Avx512F.UnpackLow(a, b).AsUInt64(), Avx512F.UnpackLow(c, d).AsUInt64());
        var (abHigh, cdHigh) = (Avx512F.UnpackHigh(a, b).AsUInt64(), Avx512F.UnpackHigh(c, d).AsUInt64());
        return (
            Avx512F.UnpackLow(ab, cd).AsUInt32(),
            Avx512F.UnpackHigh(ab, cd).AsUInt32(),
            Avx512F.UnpackLow(abHigh, cdHigh).AsUInt32(),
            Avx512F.UnpackHigh(abHigh, cdHigh).AsUInt32());
    }

    /// <summary>One bit for each of 64 weights in groups of eight: whether it is below the last key that its group keeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Below(Vector512<uint> last, Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d) =>
        Above(Avx512F.Shuffle(last, 0b00_00_00_00), a)
        | (Above(Avx512F.Shuffle(last, 0b01_01_01_01), b) << 16)
        | (Above(Avx512F.Shuffle(last, 0b10_10_10_10), c) << 32)
        | (Above(Avx512F.Shuffle(last, 0b11_11_11_11), d) << 48);

    /// <summary>Leaves of the keys equal to the last one that their group keeps as many as there is room for: the earlier ones.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void KeepEarlier(ref ulong kept, Vector512<uint> last, Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d)
    {
        var above = Above(a, Avx512F.Shuffle(last, 0b00_00_00_00))
            | (Above(b, Avx512F.Shuffle(last, 0b01_01_01_01)) << 16)
            | (Above(c, Avx512F.Shuffle(last, 0b10_10_10_10)) << 32)
            | (Above(d, Avx512F.Shuffle(last, 0b11_11_11_11)) << 48);

        // A byte is a group, and counts what it keeps so far.
        var (equal, count) = (kept & ~above, 0UL);
        for (var place = 0; place < 8; place++)
        {
            count += (above >> place) & EveryEighth;
        }

        kept = above;
        for (var place = 0; place < 8; place++)
        {
            var isFull = (count + (EveryEighth * (ulong)(128 - keep))) >> 7;
            var more = (equal >> place) & ~isFull & EveryEighth;
            count += more;
            kept |= more << place;
        }
    }
}
